"""One side's answer, streamed for as long as the browser listens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from playground.models import Side
from playground.question import Question
from playground.sides import ask
from playground.sides.views import own_side
from playground.stream import NOT_KEPT
from teams import access

TAKEN = 409


@require_POST
@access.member
def stream(request: access.OrgRequest, pk: int, round: int, place: int) -> HttpResponseBase:
    """Ask, if nobody has yet; 409 says that somebody has, or that it is not due: the page then shows what is there."""
    side, asked = _claimed(request, pk, round, place)
    if side is None or asked is None:
        return HttpResponse(status=TAKEN)
    return StreamingHttpResponse(_lines(side, asked), content_type="text/event-stream", headers=NOT_KEPT)


def _claimed(request: access.OrgRequest, pk: int, round: int, place: int) -> tuple[Side | None, Question | None]:
    found = own_side(request, pk, round, place)
    side = ask.claim(found.pk) if found.round.trial.live else None
    if side is None:
        return None, None
    asked = ask.question(side, stream=True)
    if asked is None:
        ask.gone(side)
    return side, asked


async def _lines(side: Side, asked: Question) -> AsyncIterator[str]:
    with asked.picked.connection.client(retries=0) as client:
        async with aclosing(ask.stream(side, asked, client)) as messages:
            async for name, data in messages:
                yield f"event: {name}\ndata: {json.dumps(data)}\n\n"

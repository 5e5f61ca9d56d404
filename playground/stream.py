"""The stream of an answer: server-sent events for as long as the browser listens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing

from django.http import JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from openai_api.client import Client
from playground import compose, pick
from playground.forms import Asking, form_for
from playground.keep import history
from playground.models import Asked
from playground.question import Question
from teams import access

NOT_KEPT = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@sensitive_post_parameters()
@require_POST
@access.member
def stream(request: access.OrgRequest) -> HttpResponseBase:
    """Send the answer piece by piece; when the browser hangs up, so do we at the provider."""
    asked = _question(request)
    if isinstance(asked, Asking):
        return JsonResponse({"errors": asked.errors}, status=422)
    row = history.begin(request, asked)
    lines = _lines(row, asked, asked.picked.connection.client(retries=0))
    return StreamingHttpResponse(lines, content_type="text/event-stream", headers=NOT_KEPT)


def _question(request: access.OrgRequest) -> Question | Asking:
    picked = pick.pick(request.organization, request.POST.get("model", ""), request.POST.get("format", ""))
    form = form_for(picked, request.POST)
    if not form.is_valid():
        return form
    attempt = request.POST.get("attempt", "")
    tried = int(attempt) if attempt.isdecimal() and len(attempt) < 4 else 0
    return Question(picked=picked, body=compose.body(picked, form.cleaned_data), attempt=tried)


async def _lines(row: Asked, question: Question, client: Client) -> AsyncIterator[str]:
    with client:
        async with aclosing(history.following(row, question, client)) as messages:
            async for name, data in messages:
                yield f"event: {name}\ndata: {json.dumps(data)}\n\n"

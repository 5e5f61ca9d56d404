"""Ask one side: streamed to a browser that listens, or whole by a worker. Either claims the row first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from finetunes.backoff import soon
from finetunes.holding import SECONDS, holding
from openai_api.answers import storable
from openai_api.client import Client
from openai_api.errors import APIError
from playground import compose, pick, record, tell
from playground.answers import Answer
from playground.ask import Message, follow, whole
from playground.models import Side
from playground.pick import Picked
from playground.question import Question
from work import thread


def claim(pk: int) -> Side | None:
    """Return the side if it is due and nobody else is at it: whoever has it is the only one who asks."""
    related = Side.objects.select_related("round__trial__organization")
    return related.claim(pk, SECONDS)


def question(side: Side, *, stream: bool) -> Question | None:
    """Return what is sent, with what the model's own training adds; None if the model is gone."""
    trial = side.round.trial
    try:
        picked = pick.pick(trial.organization, side.key)
    except Http404:
        return None
    body = compose.body(picked, _entered(picked, side.round.thread, trial.settings) | {"stream": stream})
    return Question(picked=picked, body=body, attempt=max(0, side.attempts - 1))


def ask(pk: int) -> bool:
    """Claim a side and ask it; False if it is not due or somebody else is at it."""
    side = claim(pk)
    if side is None:
        return False
    asked = question(side, stream=False)
    if asked is None:
        gone(side)
        return True
    with holding(side), asked.picked.connection.client(retries=0) as client:
        _answer(side, asked, client)
    return True


async def stream(side: Side, asked: Question, client: Client) -> AsyncGenerator[Message, None]:
    """Yield the answer as it comes and write down how it ended, also when the browser hangs up."""
    answer, trouble, end = Answer(), None, None
    renewal = asyncio.create_task(_renew(side))
    try:
        async with aclosing(follow(asked, client, answer)) as messages:
            async for name, told in messages:
                trouble = told if name == "trouble" else trouble
                end = told if name == "end" else end
                yield name, told
    finally:
        renewal.cancel()
        # A browser that hangs up cancels this: the row is written all the same.
        await asyncio.shield(thread.briefly(_keep, side, asked, answer, trouble, end))


async def _renew(side: Side) -> None:
    """Keep the lease while the answer comes; a thread, as `holding` takes, would be waited for by every other stream."""
    is_mine = True
    while is_mine:
        await asyncio.sleep(SECONDS / 3)
        is_mine = await thread.briefly(side.renew, SECONDS)


def gone(side: Side) -> None:
    """Write down that there is nobody to ask."""
    sentence = _("This model is not here any more.")
    problem = {"sentence": sentence, "advice": _("Its page under Models says why. Choose another one."), "words": ""}
    side.release(problem=problem, ended_at=timezone.now())


def _answer(side: Side, asked: Question, client: Client) -> None:
    try:
        answer = whole(asked, client)
    except APIError as error:
        _keep(side, asked, Answer(), tell.trouble(asked, error), None)
    else:
        _keep(side, asked, answer, None, tell.end(asked, answer))


def _keep(side: Side, asked: Question, answer: Answer, trouble: dict[str, Any] | None, end: dict[str, Any] | None) -> None:
    """Write down the end: told, in trouble that may pass, in trouble that stays, or stopped by a person."""
    if trouble and trouble["retry_in"] is not None:
        side.release(due_at=soon(trouble["retry_in"]), request=storable(dict(asked.body)))
        return
    samples = [{"text": one.text, "finish_reason": one.finish_reason} for one in answer.in_order]
    said = {name: trouble[name] for name in ("sentence", "advice", "words")} if trouble else {}
    side.release(
        request=storable(dict(asked.body)),
        samples=storable(samples),
        told=storable(end or {}),
        problem=storable(said),
        stopped=not trouble and not end,
        ended_at=timezone.now(),
    )


def _entered(picked: Picked, thread: list[dict[str, Any]], settings: dict[str, Any]) -> dict[str, Any]:
    """Return the form's values: the model's own, then those that hold for all.

    Several samples of a model that always takes the likeliest word would all be the same, so its 0 is left out.
    """
    values = record.entered(picked, thread)
    if settings.get("n", 1) > 1:
        values.pop("temperature", None)
    return values | settings

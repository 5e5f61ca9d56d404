"""Keep every question that runs in the playground: before it is sent, and once more at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

from django.urls import reverse

from openai_api.answers import storable
from openai_api.client import Client
from openai_api.errors import APIError
from playground import ask, tell
from playground.answers import Answer
from playground.keep.entered import entered
from playground.models import Asked
from playground.question import Question
from teams import audit
from teams.access import OrgRequest
from work import thread

State = Asked.State


@dataclass
class Kept:
    """A question's row, and the answer that grows while the model writes."""

    row: Asked
    question: Question
    answer: Answer = field(default_factory=Answer)


def begin(request: OrgRequest, question: Question) -> Asked:
    """Write down what is about to be sent; another attempt of a question that failed takes its place."""
    picked = question.picked
    row = (_failed(request, question) if question.attempt else None) or Asked()
    row.organization, row.person = request.organization, request.user
    row.connection, row.model = picked.connection, picked.model
    row.key, row.name, row.format = picked.key, picked.name, picked.format
    row.entered, row.request = entered(request.POST), storable(dict(question.body))
    row.question, row.state, row.problem = str(row.thread[-1].get("content") or ""), State.ASKING, ""
    row.save()
    audit.record(request, "playground.asked", picked.model, model=picked.name, connection=str(picked.connection))
    return row


def end(kept: Kept, state: State, problem: str = "") -> None:
    """Write down what came of it, unless its person has deleted it meanwhile."""
    answer, usage = kept.answer, kept.answer.usage
    samples = [{"text": one.text, "finish_reason": one.finish_reason} for one in answer.in_order]
    Asked.objects.filter(pk=kept.row.pk).update(
        state=state,
        problem=problem,
        samples=samples,
        answer=samples[0]["text"] if samples else "",
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        took=answer.took,
    )


async def following(row: Asked, question: Question, client: Client) -> AsyncGenerator[ask.Message, None]:
    """Pass on what `ask.follow` yields, and behind it where the question is kept. Closing it means stopped."""
    kept, state, problem = Kept(row, question), State.STOPPED, ""
    try:
        async with aclosing(ask.follow(question, client, kept.answer)) as messages:
            async for name, told in messages:
                if name == "end":
                    state = State.ANSWERED
                elif name == "trouble":
                    state, problem = State.FAILED, told["sentence"]
                yield name, told
    finally:
        # A browser that hangs up cancels this: the row is written all the same.
        await asyncio.shield(thread.briefly(end, kept, state, problem))
    yield "kept", {"judging": reverse("playground:judging", args=[row.pk])}


@contextmanager
def asking(request: OrgRequest, question: Question) -> Iterator[Kept]:
    """Keep a question that is answered at once, into `answer`."""
    kept = Kept(begin(request, question), question)
    try:
        yield kept
    except APIError as error:
        end(kept, State.FAILED, tell.trouble(question, error)["sentence"])
        raise
    end(kept, State.ANSWERED)
    kept.row.refresh_from_db()


def _failed(request: OrgRequest, question: Question) -> Asked | None:
    mine = Asked.objects.of(request.organization).by(request.user)
    last = mine.filter(state=State.FAILED, key=question.picked.key).first()
    return last if last and last.request == question.body else None

"""/v1/chat/completions"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from django.http.response import HttpResponseBase
from pydantic import Field

from trainer import examples, generate, ids, render, tokens
from trainer.api import ask, envelope, generation, models, pace, seats, stream
from trainer.api.door import Call
from trainer.api.envelope import BadRequest
from trainer.api.generation import check_length, usage
from trainer.bases import Base
from trainer.engines.interface import Network
from trainer.examples import Message
from trainer.generate import Choice, Order
from trainer.writing import Placed

TOOLS = ("tools", "tool_choice", "functions", "function_call", "parallel_tool_calls")

# What an answer counts with when the request does not say how long it may be.
UNSAID_TOKENS = 16


class Create(generation.Generation):
    messages: Annotated[list[dict[str, Any]], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    logprobs: bool = False
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: dict[str, Any] | None = None
    metadata: dict[str, str] | None = None
    store: bool = False
    service_tier: str | None = None
    tools: Any = None
    tool_choice: Any = None
    parallel_tool_calls: Any = None
    functions: Any = None
    function_call: Any = None


@dataclass(frozen=True)
class Question:
    """Everything that answering needs, checked."""

    asked: Create
    base: Base
    network: Network
    prompt: list[int]
    order: Order
    id: str
    created: int

    def shape(self, kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        head = {"id": self.id, "object": kind, "created": self.created, "model": self.asked.model}
        return {**head, "choices": choices, **more}

    @property
    def rngs(self) -> list[np.random.Generator]:
        return generation.generators(self.asked, self.asked.n)


def create(call: Call) -> HttpResponseBase:
    question = _question(call, ask.read(call, Create))
    seats.leave()
    if question.asked.stream:
        return stream.response(stream.chunks(_chunks(question), question.id))
    return envelope.answer(_whole(question))


def _question(call: Call, asked: Create) -> Question:
    _check(asked)
    base, network = models.served(call, asked.model)
    if not base.chat:
        raise envelope.Missing(
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
            "Did you mean to use v1/completions?",
            param="model",
        )
    prompt = render.conversation(_messages(asked), base)
    room = asked.max_completion_tokens or asked.max_tokens or max(base.context - len(prompt), 1)
    check_length(base, len(prompt), room)
    said = asked.max_completion_tokens or asked.max_tokens or UNSAID_TOKENS
    call.pace = pace.spend(call.key, tokens=len(prompt) + said * asked.n)
    order = Order(
        encoding=base.encoding,
        max_tokens=room,
        sampling=generation.sampling(asked, base),
        stops=tuple(asked.stop),
        top=asked.top_logprobs or 0,
        chat=True,
    )
    return Question(asked, base, network, prompt, order, ids.new("chatcmpl-"), int(time.time()))


def _check(asked: Create) -> None:
    if used := next((name for name in TOOLS if getattr(asked, name) is not None), None):
        raise BadRequest(
            f"This model does not call tools: '{used}' is not available.", param=used, code="tools_not_available"
        )
    if asked.response_format is not None and asked.response_format.get("type") != "text":
        raise BadRequest("This model writes plain text: 'response_format' must be of type 'text'.", param="response_format")
    if asked.top_logprobs is not None and not asked.logprobs:
        raise BadRequest("'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs")


def _messages(asked: Create) -> list[Message]:
    return [_message(item, place) for place, item in enumerate(asked.messages)]


def _message(item: dict[str, Any], place: int) -> Message:
    where = f"messages[{place}]"
    role, name = item.get("role"), item.get("name") or ""
    if role not in examples.ROLES:
        raise BadRequest(f"Invalid value: {role!r}. Supported values are: {list(examples.ROLES)}.", param=f"{where}.role")
    if not isinstance(name, str):
        raise BadRequest(f"Invalid type for '{where}.name': expected a string.", param=f"{where}.name")
    try:
        return Message(role, examples.content_text(item.get("content"), where), name=name)
    except examples.BadFile as error:
        raise BadRequest(str(error), param=f"{where}.content") from None


def _whole(question: Question) -> dict[str, Any]:
    answers = [generate.whole(question.network, question.prompt, question.order, rng) for rng in question.rngs]
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": answer.text, "refusal": None},
            "logprobs": _logprobs(question, answer.tokens),
            "finish_reason": answer.finish,
        }
        for index, answer in enumerate(answers)
    ]
    written = sum(answer.written for answer in answers)
    return question.shape("chat.completion", choices, usage=usage(len(question.prompt), written))


def _chunks(question: Question) -> Iterator[dict[str, Any]]:
    written = 0
    for index, rng in enumerate(question.rngs):
        yield _chunk(question, index, {"role": "assistant", "content": ""})
        for piece in generate.pieces(question.network, question.prompt, question.order, rng):
            if piece.text or piece.tokens:
                yield _chunk(question, index, {"content": piece.text}, logprobs=_logprobs(question, piece.tokens))
        yield _chunk(question, index, {}, finish=piece.finish)
        written += piece.written
    if question.asked.usage_streamed:
        yield question.shape("chat.completion.chunk", [], usage=usage(len(question.prompt), written))


def _chunk(
    question: Question,
    index: int,
    delta: dict[str, str],
    *,
    logprobs: dict[str, Any] | None = None,
    finish: str | None = None,
) -> dict[str, Any]:
    empty = {"usage": None} if question.asked.usage_streamed else {}
    choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
    return question.shape("chat.completion.chunk", [choice], **empty)


def _logprobs(question: Question, marks: Sequence[Placed[Choice]]) -> dict[str, Any] | None:
    if not question.asked.logprobs:
        return None
    return {"content": [_told(placed.mark, question.base.encoding) for placed in marks], "refusal": None}


def _told(choice: Choice, encoding: str) -> dict[str, Any]:
    top = [_token(token, logprob, encoding) for token, logprob in choice.top]
    return {**_token(choice.token, choice.logprob, encoding), "top_logprobs": top}


def _token(token: int, logprob: float | None, encoding: str) -> dict[str, Any]:
    return {"token": tokens.text_of(token, encoding), "logprob": logprob, "bytes": list(tokens.bytes_of(token, encoding))}

"""/v1/completions"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from django.http.response import HttpResponseBase
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from trainer import generate, ids, tokens
from trainer.api import ask, envelope, generation, models, pace, seats, stream
from trainer.api.door import Call
from trainer.api.envelope import BadRequest
from trainer.api.generation import check_length, usage
from trainer.bases import Base
from trainer.engines.interface import Network
from trainer.generate import Choice, Order, Piece
from trainer.writing import Placed

END_OF_TEXT = "<|endoftext|>"
MOST_PROMPTS = 2048

Prompt = str | list[int]
Tokens = Annotated[list[int], Field(min_length=1)]
Several = Field(min_length=1, max_length=MOST_PROMPTS)
Prompts = str | Tokens | Annotated[list[str], Several] | Annotated[list[Tokens], Several]


def _prompts(value: Any) -> list[Prompt]:
    """Accept a text, texts, tokens, or lists of tokens."""
    if isinstance(value, str) or _is_tokens(value):
        return [value]
    if isinstance(value, list) and value and all(isinstance(item, str) or _is_tokens(item) for item in value):
        if len(value) > MOST_PROMPTS:
            raise PydanticCustomError(
                "prompt", "Invalid 'prompt': at most {most} prompts are allowed.", {"most": MOST_PROMPTS}
            )
        return value
    raise PydanticCustomError(
        "prompt",
        "Invalid type for 'prompt': expected a string, an array of strings, an array of token ids or an array of those.",
    )


def _is_tokens(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, int) and not isinstance(item, bool) for item in value)
    )


class Create(generation.Generation):
    prompt: Annotated[list[Any], BeforeValidator(_prompts, json_schema_input_type=Prompts)] = [END_OF_TEXT]
    suffix: str = ""
    max_tokens: Annotated[int, Field(ge=0)] = 16
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None
    echo: bool = False
    best_of: Annotated[int, Field(ge=0, le=20)] | None = None

    @property
    def tried(self) -> int:
        return self.best_of or self.n


@dataclass(frozen=True)
class Reading:
    """A prompt as tokens and as the text that offsets are counted in."""

    tokens: list[int]
    text: str


@dataclass(frozen=True)
class Question:
    """Everything that answering needs, checked."""

    asked: Create
    base: Base
    network: Network
    prompts: list[Reading]
    order: Order
    id: str
    created: int

    def shape(self, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        head = {"id": self.id, "object": "text_completion", "created": self.created, "model": self.asked.model}
        return {**head, "choices": choices, **more}

    @property
    def prompt_tokens(self) -> int:
        return sum(len(prompt.tokens) for prompt in self.prompts)


def create(call: Call) -> HttpResponseBase:
    return _answered(call, ask.read(call, Create))


def create_by(call: Call, engine: str) -> HttpResponseBase:
    """Answer at the address of the oldest commands, which has the model in it."""
    return _answered(call, ask.read(call, Create, model=engine))


def _answered(call: Call, asked: Create) -> HttpResponseBase:
    question = _question(call, asked)
    seats.leave()
    if question.asked.stream:
        return stream.response(stream.chunks(_chunks(question), question.id))
    return envelope.answer(_whole(question))


def _question(call: Call, asked: Create) -> Question:
    _check(asked)
    base, network = models.served(call, asked.model)
    if base.chat:
        raise envelope.Missing(
            "This is a chat model and not supported in the v1/completions endpoint. "
            "Did you mean to use v1/chat/completions?",
            param="model",
        )
    prompts = [_reading(prompt, base) for prompt in asked.prompt]
    for prompt in prompts:
        check_length(base, len(prompt.tokens), asked.max_tokens)
    call.pace = pace.spend(call.key, tokens=sum(len(prompt.tokens) + asked.max_tokens * asked.tried for prompt in prompts))
    order = Order(
        encoding=base.encoding,
        max_tokens=asked.max_tokens,
        sampling=generation.sampling(asked, base),
        stops=tuple(asked.stop),
        top=asked.logprobs or 0,
    )
    return Question(asked, base, network, prompts, order, ids.new("cmpl-"), int(time.time()))


def _check(asked: Create) -> None:
    if asked.suffix:
        raise BadRequest("This model does not insert text: 'suffix' is not available.", param="suffix")
    if asked.best_of is not None and asked.tried < asked.n:
        raise BadRequest(f"You requested that the server return {asked.n} choices, but best_of is smaller.", param="best_of")
    if asked.stream and asked.tried > asked.n:
        raise BadRequest("Cannot stream results with best_of > n.", param="best_of")


def _reading(prompt: Prompt, base: Base) -> Reading:
    if prompt == END_OF_TEXT:
        return Reading([tokens.end_of_text(base.encoding)], END_OF_TEXT)
    if isinstance(prompt, str):
        return Reading(tokens.encode(prompt, base.encoding), prompt)
    if not all(0 <= token < tokens.vocabulary(base.encoding) for token in prompt):
        raise BadRequest(f"Invalid 'prompt': {base.name} has no such token.", param="prompt")
    return Reading(prompt, tokens.decode(prompt, base.encoding))


def _whole(question: Question) -> dict[str, Any]:
    choices: list[dict[str, Any]] = []
    written = 0
    for place, prompt in enumerate(question.prompts):
        rngs = _generators(question, place, question.asked.tried)
        answers = [generate.whole(question.network, prompt.tokens, question.order, rng) for rng in rngs]
        written += sum(answer.written for answer in answers)
        kept = answers if len(answers) == question.asked.n else generate.likeliest(answers, question.asked.n)
        choices += [_choice(question, prompt, answer, len(choices) + number) for number, answer in enumerate(kept)]
    return question.shape(choices, usage=usage(question.prompt_tokens, written))


def _choice(question: Question, prompt: Reading, answer: Piece, index: int) -> dict[str, Any]:
    echoed = _echo(question, prompt) if question.asked.echo else Piece("", ())
    marks = [*echoed.tokens, *(_behind(placed, prompt) for placed in answer.tokens)]
    return _shaped(question, echoed.text + answer.text, marks, index, answer.finish)


def _chunks(question: Question) -> Iterator[dict[str, Any]]:
    index, written = 0, 0
    empty = {"usage": None} if question.asked.usage_streamed else {}
    for place, prompt in enumerate(question.prompts):
        for rng in _generators(question, place, question.asked.n):
            for piece in _answer(question, prompt, rng):
                yield question.shape([_shaped(question, piece.text, piece.tokens, index, piece.finish)], **empty)
            written += piece.written
            index += 1
    if question.asked.usage_streamed:
        yield question.shape([], usage=usage(question.prompt_tokens, written))


def _answer(question: Question, prompt: Reading, rng: np.random.Generator) -> Iterator[Piece]:
    if question.asked.echo:
        yield _echo(question, prompt)
    for piece in generate.pieces(question.network, prompt.tokens, question.order, rng):
        yield Piece(piece.text, tuple(_behind(placed, prompt) for placed in piece.tokens), piece.finish, piece.written)


def _generators(question: Question, place: int, count: int) -> list[np.random.Generator]:
    return generation.generators(question.asked, (place + 1) * count)[-count:]


def _echo(question: Question, prompt: Reading) -> Piece:
    if question.asked.logprobs is None:
        return Piece(prompt.text, ())
    choices = generate.read(question.network, prompt.tokens, question.order.top)
    return Piece(prompt.text, tuple(_placed(choices, question.base.encoding)))


def _placed(choices: Sequence[Choice], encoding: str) -> Iterator[Placed[Choice]]:
    raw = b""
    for choice in choices:
        yield Placed(choice, len(raw.decode(errors="ignore")))
        raw += tokens.bytes_of(choice.token, encoding)


def _behind(placed: Placed[Choice], prompt: Reading) -> Placed[Choice]:
    return Placed(placed.mark, placed.start + len(prompt.text))


def _shaped(
    question: Question, text: str, marks: Sequence[Placed[Choice]], index: int, finish: str | None
) -> dict[str, Any]:
    logprobs = None if question.asked.logprobs is None else _logprobs(marks, question.base.encoding)
    return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish}


def _logprobs(marks: Sequence[Placed[Choice]], encoding: str) -> dict[str, Any]:
    return {
        "tokens": [tokens.text_of(placed.mark.token, encoding) for placed in marks],
        "token_logprobs": [placed.mark.logprob for placed in marks],
        "top_logprobs": [_top(placed.mark, encoding) for placed in marks],
        "text_offset": [placed.start for placed in marks],
    }


def _top(choice: Choice, encoding: str) -> dict[str, float] | None:
    """Return the likeliest tokens and the one that was written."""
    if choice.logprob is None:
        return None
    shown = dict(choice.top) | {choice.token: choice.logprob}
    return {tokens.text_of(token, encoding): logprob for token, logprob in shown.items()}

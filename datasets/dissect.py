"""One example as the model sees it: its tokens, the marks that steer it, and what it learns to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

import orjson

from datasets import messages, tokens
from datasets.mapping import Example
from datasets.messages import Message

COLOURED = 12_000  # characters of a text whose tokens are told apart
COLOURS = 4
Learned = Literal["", "new", "old"]  # read only; learned to write; learned not to write
Kind = Literal["", "separator", "ending"]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A token, or some that only together are letters."""

    text: str
    colour: int


@dataclass(frozen=True, kw_only=True)
class Stretch:
    kind: Kind
    pieces: list[Piece]


@dataclass(frozen=True, kw_only=True)
class Part:
    name: str  # prompt, completion, or the role of a message
    learned: Learned
    tokens: int
    stretches: list[Stretch] = field(default_factory=list)
    rest: str = ""  # what is too long to be coloured
    weight: float | None = None  # as the message says
    sender: str = ""
    beside: str = ""  # what else a message holds, as JSON


def dissect(example: Example, encoding: str, *, separator: str = "", ending: str = "") -> list[Part]:
    if "prompt" in example:
        marks: tuple[tuple[str, Kind], ...] = ((separator, "separator"), (ending, "ending"))
        sides: tuple[tuple[str, Learned], ...] = (("prompt", ""), ("completion", "new"))
        return [
            _part(example[name], encoding, name=name, learned=learned, mark=mark)
            for (name, learned), mark in zip(sides, marks, strict=True)
        ]
    asked = [_message(message, encoding, _learned(message)) for message in messages.asked_of(example)]
    if "messages" in example:
        return asked
    read = [_message(message, encoding, "") for message in messages.asked_of(example)]
    return [
        *read,
        *(_message(message, encoding, "new") for message in example[messages.PREFERRED]),
        *(_message(message, encoding, "old") for message in example[messages.OTHER]),
    ]


def _learned(message: Message) -> Learned:
    return "new" if message["role"] == "assistant" and message.get("weight") != 0 else ""


def _message(message: Message, encoding: str, learned: Learned) -> Part:
    text = messages.text_of(message)
    known = {"role", "weight", "name"} | ({"content"} if text is not None else set())
    beside = {key: value for key, value in message.items() if key not in known and value is not None}
    weight = message.get("weight")
    return _part(
        text or "",
        encoding,
        name=message["role"],
        learned=learned,
        weight=weight if isinstance(weight, int | float) else None,
        sender=str(message.get("name") or ""),
        beside=orjson.dumps(beside, option=orjson.OPT_INDENT_2).decode() if beside else "",
    )


def _part(text: str, encoding: str, *, mark: tuple[str, Kind] = ("", ""), **more: Any) -> Part:
    coloured, rest = text[:COLOURED], text[COLOURED:]
    stretches = list(_stretches(coloured, encoding, *(mark if not rest else ("", ""))))
    return Part(tokens=tokens.count(text, encoding), stretches=stretches, rest=rest, **more)


def _stretches(text: str, encoding: str, mark: str, kind: Kind) -> Iterator[Stretch]:
    """The text, and the mark at its end by itself: a token that reaches into it keeps its colour on both sides."""
    pieces = list(_pieces(text, encoding))
    if not mark or not text.endswith(mark):
        yield Stretch(kind="", pieces=pieces)
        return
    before, after = _cut(pieces, len(text) - len(mark))
    yield Stretch(kind="", pieces=before)
    yield Stretch(kind=kind, pieces=after)


def _pieces(text: str, encoding: str) -> Iterator[Piece]:
    held, colours = b"", count()
    for token in tokens.spelled(text, encoding):
        held += token
        try:
            letters = held.decode()
        except UnicodeDecodeError:
            continue
        held = b""
        yield Piece(text=letters, colour=next(colours) % COLOURS)


def _cut(pieces: Sequence[Piece], at: int) -> tuple[list[Piece], list[Piece]]:
    before: list[Piece] = []
    after: list[Piece] = []
    for piece in pieces:
        if at > 0:
            before.append(Piece(text=piece.text[:at], colour=piece.colour))
        if at < len(piece.text):
            after.append(Piece(text=piece.text[max(at, 0) :], colour=piece.colour))
        at -= len(piece.text)
    return before, after

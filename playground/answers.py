"""An answer as it grows: samples, tokens, why they ended, what was used, and how long it took.

A whole answer and a streamed one are the same here: a whole one is a single piece.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from openai_api.types import JSON, ChatChoice, ChatCompletion, Choice, Completion, Token, Usage


@dataclass
class Call:
    """A tool that the model asks for; its arguments are text, most often JSON."""

    name: str = ""
    arguments: str = ""


@dataclass
class Sample:
    index: int
    text: str = ""
    tokens: list[Token] = field(default_factory=list)
    finish_reason: str | None = None
    refused: bool = False  # the text says why the model does not answer
    calls: dict[int, Call] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What one chunk adds to one sample."""

    index: int
    text: str
    tokens: tuple[Token, ...]
    finish_reason: str | None
    refused: bool = False
    calls: tuple[JSON, ...] = ()  # parts of calls: in a stream a name comes first, arguments bit by bit


@dataclass
class Answer:
    clock: Callable[[], float] = time.monotonic
    samples: dict[int, Sample] = field(default_factory=dict)
    usage: Usage | None = None
    first_after: float | None = None  # seconds from the request to the first piece of text
    took: float | None = None  # seconds from the request to the end

    def __post_init__(self) -> None:
        self._began = self.clock()

    def add(self, chunk: Completion | ChatCompletion) -> list[Piece]:
        """Take in a chunk; return what it added."""
        self.usage = chunk.usage or self.usage
        pieces = [_piece(choice) for choice in chunk.choices]
        if self.first_after is None and any(piece.text or piece.calls for piece in pieces):
            self.first_after = self.clock() - self._began
        for piece in pieces:
            self._grow(piece)
        return pieces

    def end(self) -> None:
        self.took = self.clock() - self._began

    @property
    def in_order(self) -> list[Sample]:
        return [self.samples[index] for index in sorted(self.samples)]

    @property
    def has_text(self) -> bool:
        return any(sample.text or sample.calls for sample in self.samples.values())

    def deciding(self, skip: int = 0) -> Token | None:
        """Return the first written token that has alternatives; `skip` is the length of an echoed prompt."""
        for sample in self.in_order:
            for token in sample.tokens:
                if token.alternatives and (token.offset is None or token.offset >= skip):
                    return token
        return None

    def _grow(self, piece: Piece) -> None:
        sample = self.samples.setdefault(piece.index, Sample(piece.index))
        sample.text += piece.text
        sample.tokens.extend(piece.tokens)
        sample.finish_reason = piece.finish_reason or sample.finish_reason
        sample.refused = sample.refused or piece.refused
        for place, part in enumerate(piece.calls):
            _grow_call(sample.calls, part, place)


def _grow_call(calls: dict[int, Call], part: JSON, place: int) -> None:
    index, function = part.get("index"), part.get("function")
    call = calls.setdefault(index if isinstance(index, int) else place, Call())
    if isinstance(function, dict):
        call.name += str(function.get("name") or "")
        call.arguments += str(function.get("arguments") or "")


def _piece(choice: Choice | ChatChoice) -> Piece:
    tokens = choice.tokens or ()
    if isinstance(choice, Choice):
        return Piece(index=choice.index, text=choice.text, tokens=tokens, finish_reason=choice.finish_reason)
    return Piece(
        index=choice.index,
        text=choice.content or choice.refusal or "",
        tokens=tokens,
        finish_reason=choice.finish_reason,
        refused=bool(choice.refusal) and not choice.content,
        calls=choice.tool_calls,
    )

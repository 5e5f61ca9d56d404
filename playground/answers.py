"""An answer as it grows: samples, tokens, why they ended, what was used, and how long it took.

A whole answer and a streamed one are the same here: a whole one is a single piece.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from openai_api.types import ChatChoice, ChatCompletion, Choice, Completion, Token, Usage


@dataclass
class Sample:
    index: int
    text: str = ""
    tokens: list[Token] = field(default_factory=list)
    finish_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What one chunk adds to one sample."""

    index: int
    text: str
    tokens: tuple[Token, ...]
    finish_reason: str | None


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
        if self.first_after is None and any(piece.text for piece in pieces):
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
        return any(sample.text for sample in self.samples.values())

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


def _piece(choice: Choice | ChatChoice) -> Piece:
    text = choice.text if isinstance(choice, Choice) else choice.content or choice.refusal or ""
    return Piece(index=choice.index, text=text, tokens=choice.tokens or (), finish_reason=choice.finish_reason)

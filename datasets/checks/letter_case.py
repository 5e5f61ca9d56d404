from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from datasets.checks.base import Batch, Change, Check, Facts, Finding, Fix, Params, with_completion, with_prompt
from datasets.checks.texts import outside_ascii
from datasets.words import Sentence
from datasets.words import gettext_noop as _

WHY = _(
    "More than a third of the letters are upper-case. Models know lower-case words better, and cut upper-case ones into"
    " more tokens. Lower-casing loses the difference between names and words: look at the samples first."
)


class _LetterCase(Check):
    column: ClassVar[str]
    title: ClassVar[Sentence]
    done: ClassVar[Sentence]

    def __init__(self) -> None:
        super().__init__()
        self.upper = self.lower = 0

    def add(self, batch: Batch) -> None:
        upper, lower = _letters((batch.asking if self.column == "prompt" else batch.answering).data)
        self.upper += upper
        self.lower += lower

    def wants_again(self) -> bool:
        return self.upper * 2 > self.lower

    def again(self, batch: Batch) -> None:
        texts = batch.prompts if self.column == "prompt" else batch.completions
        self.hit_where(batch, [text != text.lower() for text in texts])

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        self.upper += other.upper
        self.lower += other.lower

    def finding(self, facts: Facts) -> Finding | None:
        if self.upper * 2 <= self.lower:
            return None
        return self.report("info", self.title, WHY, Fix(params={}, label=_("Make lower-case"), recommended=False))

    @classmethod
    def change(cls, params: Params) -> Change:
        if cls.column == "prompt":
            return lambda example: with_prompt(example, example["prompt"].lower())
        return lambda example: with_completion(example, example["completion"].lower())

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return cls.done


def _letters(data: bytes) -> tuple[int, int]:
    """How many letters of a UTF-8 text are upper-case, and how many lower-case."""
    codes = np.frombuffer(data, np.uint8)
    upper, lower = _between(codes, "A"), _between(codes, "a")
    other = outside_ascii(data)
    same, low, high = (_codes(version) for version in (other, other.lower(), other.upper()))
    upper += int((same != low).sum()) if len(same) == len(low) else 0
    lower += int((same != high).sum()) if len(same) == len(high) else 0
    return upper, lower


def _between(codes: NDArray[np.uint8], first: str) -> int:
    return int(np.count_nonzero(codes - np.uint8(ord(first)) < 26))  # what is smaller wraps round to large numbers


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


class PromptCase(_LetterCase):
    code = "prompt-case"
    column = "prompt"
    title = _("The prompts are written mostly in capital letters")
    done = _("Prompts were made lower-case.")


class CompletionCase(_LetterCase):
    code = "completion-case"
    column = "completion"
    title = _("The completions are written mostly in capital letters")
    done = _("Completions were made lower-case.")

from __future__ import annotations

from typing import ClassVar

import numpy as np

from datasets.checks.base import Batch, Change, Check, Facts, Finding, Fix, Params, with_completion, with_prompt
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
        texts = batch.prompts if self.column == "prompt" else batch.completions
        self._count("\n".join(texts))
        self.hit_where(batch, [text != text.lower() for text in texts])

    def _count(self, joined: str) -> None:
        text, low, high = (_codes(version) for version in (joined, joined.lower(), joined.upper()))
        if len(text) == len(low):
            self.upper += int((text != low).sum())
        if len(text) == len(high):
            self.lower += int((text != high).sum())

    def finding(self, facts: Facts) -> Finding | None:
        if self.upper * 2 <= self.lower or not self.upper:
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


def _codes(text: str) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


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

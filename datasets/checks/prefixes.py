from __future__ import annotations

from typing import Self

from datasets.checks.affixes import Shared
from datasets.checks.base import Batch, Change, Check, Facts, Finding, Fix, Params, with_completion, with_prompt
from datasets.mapping import Example
from datasets.words import Sentence
from datasets.words import gettext_noop as _

LONGEST_PROMPT_PREFIX = 12
SHORTEST_COMPLETION_PREFIX = 5


class _Prefix(Check):
    params = {"prefix": str}

    def __init__(self) -> None:
        super().__init__()
        self.shared = Shared(end=False)
        self.first: str | None = None
        self.differ = False

    def look(self, batch: Batch, texts: list[str]) -> None:
        self.shared.add(texts)
        if texts and self.first is None:
            self.first = texts[0]
        self.differ = self.differ or any(text != self.first for text in texts)
        self.show_first(zip(batch.lines, batch.examples, strict=True))

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        self.shared.join(other.shared)
        self.differ = self.differ or other.differ or (None not in (self.first, other.first) and self.first != other.first)
        self.first = other.first if self.first is None else self.first

    def prefix(self, rows: int) -> str:
        """What all texts begin with, "" if they are all the same."""
        self.count = rows
        return self.shared.affix or "" if self.differ else ""


class PromptPrefix(_Prefix):
    code = "prompt-prefix"

    def add(self, batch: Batch) -> None:
        self.look(batch, batch.prompts)

    def finding(self, facts: Facts) -> Finding | None:
        prefix = self.prefix(facts.rows)
        if len(prefix) <= LONGEST_PROMPT_PREFIX:
            return None
        return self.report(
            "info",
            _("All prompts begin with the same text"),
            _(
                "“%(prefix)s” stands at the beginning of every prompt. Instructions that never change cost tokens and teach"
                " nothing; if it is removed here, leave it out when you use the model too.",
                prefix=prefix[:100],
            ),
            Fix(params={"prefix": prefix}, label=_("Remove it"), recommended=False),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        prefix = params["prefix"]
        return lambda example: with_prompt(example, example["prompt"].removeprefix(prefix))

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("“%(prefix)s” was removed from the beginning of prompts.", prefix=params["prefix"][:100])


class CompletionPrefix(_Prefix):
    code = "completion-prefix"

    def add(self, batch: Batch) -> None:
        self.look(batch, batch.completions)

    def finding(self, facts: Facts) -> Finding | None:
        prefix = self.prefix(facts.rows)
        if len(prefix) < SHORTEST_COMPLETION_PREFIX:
            return None
        return self.report(
            "info",
            _("All completions begin with the same text"),
            _(
                "“%(prefix)s” could be the last part of the prompt instead: the model need not learn to write what never"
                " changes. Look whether it belongs to your labels before you remove it.",
                prefix=prefix[:100],
            ),
            Fix(params={"prefix": prefix}, label=_("Remove it"), recommended=False),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        prefix = params["prefix"]

        def shortened(example: Example) -> Example:
            completion = example["completion"]
            if not completion.startswith(prefix):
                return example
            space = " " if prefix.startswith(" ") else ""
            return with_completion(example, space + completion.removeprefix(prefix).lstrip(" " if space else ""))

        return shortened

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("“%(prefix)s” was removed from the beginning of completions.", prefix=params["prefix"][:100])

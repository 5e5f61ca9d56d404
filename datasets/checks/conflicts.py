from __future__ import annotations

from datasets.checks.base import Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.checks.keys import key
from datasets.infer import CLASSIFICATION, OPEN_ENDED
from datasets.mapping import Example
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _


class Conflicts(Check):
    """The same prompt with another completion than its first one."""

    code = "conflicts"
    shown = ("prompt", "completion")

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[int, int] = {}

    def add(self, batch: Batch) -> None:
        wrong = [
            bool(prompt.strip()) and self.answers.setdefault(key(prompt), answer) != answer
            for prompt, answer in zip(batch.prompts, map(key, map(str.strip, batch.completions)), strict=True)
        ]
        self.hit_where(batch, wrong)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count or facts.task == OPEN_ENDED:
            return None
        return self.report(
            "wait" if facts.task == CLASSIFICATION else "info",
            ngettext(
                "%(count)s row answers a prompt in another way than before",
                "%(count)s rows answer a prompt in another way than before",
                self.count,
            ),
            _("The same prompt stands in an earlier row with a different completion. The model cannot learn both."),
            Fix(params={}, label=_("Keep the first answer"), recommended=False),
        )

    def after(self, change: Change, example: Example) -> Example | None:
        return None

    @classmethod
    def change(cls, params: Params) -> Change:
        answers: dict[int, int] = {}

        def first(example: Example) -> Example | None:
            if not example["prompt"].strip():
                return example
            answer = key(example["completion"].strip())
            return example if answers.setdefault(key(example["prompt"]), answer) == answer else None

        return first

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Of several answers to the same prompt, the first stayed.")

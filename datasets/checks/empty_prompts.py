from __future__ import annotations

from datasets.checks.base import BARE, Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.infer import OPEN_ENDED
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _


class EmptyPrompts(Check):
    """Some prompts are empty and others are not; where all are empty the task is open-ended generation."""

    code = "empty-prompts"
    shown = ("completion",)

    def add(self, batch: Batch) -> None:
        self.hit_where(batch, batch.blank)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count or facts.task == OPEN_ENDED:
            return None
        return self.report(
            "wait",
            ngettext("%(count)s prompt is empty", "%(count)s prompts are empty", self.count),
            _(
                "The other rows have a prompt. A completion to an empty prompt teaches the model to give that answer to"
                " anything."
            ),
            Fix(params={}, label=ngettext("Remove %(count)s row", "Remove %(count)s rows", self.count), recommended=False),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        return lambda example: None if example["prompt"].strip() in BARE else example

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Rows without a prompt were removed.")

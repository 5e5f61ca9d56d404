from __future__ import annotations

from datasets.checks.base import Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _


class EmptyCompletions(Check):
    code = "empty-completions"
    shown = ("prompt",)

    def add(self, batch: Batch) -> None:
        self.hit_where(batch, [not text for text in batch.answers])

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "wait",
            ngettext("%(count)s row has no completion", "%(count)s rows have no completion", self.count),
            _("A row without an answer teaches the model to say nothing."),
            Fix(params={}, label=ngettext("Remove %(count)s row", "Remove %(count)s rows", self.count), recommended=True),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        return lambda example: example if example["completion"].strip() else None

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Rows without a completion were removed.")

from __future__ import annotations

from datasets.checks.base import EVERY, AllKeys, Change, Check, Facts, Finding, Fix, Params
from datasets.checks.keys import of_example
from datasets.mapping import Example
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _


class Duplicates(Check):
    code = "duplicates"
    formats = EVERY
    shown = ("prompt", "completion")

    def compare(self, keys: AllKeys) -> None:
        self.hits.note(keys.copies)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "wait",
            ngettext("%(count)s row is an exact duplicate", "%(count)s rows are exact duplicates", self.count),
            _(
                "The same example twice counts twice in training, and a copy on the validation side makes the model look"
                " better than it is. The first of each stays."
            ),
            Fix(params={}, label=ngettext("Remove %(count)s row", "Remove %(count)s rows", self.count), recommended=True),
        )

    def after(self, change: Change, example: Example) -> Example | None:
        return None  # the first of its kind is not among the samples

    @classmethod
    def change(cls, params: Params) -> Change:
        seen: set[int] = set()

        def first(example: Example) -> Example | None:
            key = of_example(example)
            if key in seen:
                return None
            seen.add(key)
            return example

        return first

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Exact duplicates were removed; the first of each stayed.")

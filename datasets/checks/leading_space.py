from __future__ import annotations

from datasets.checks.base import Batch, Change, Check, Facts, Finding, Fix, Params, with_completion
from datasets.mapping import Example
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

_FINE = ("", " ")


class LeadingSpace(Check):
    code = "leading-space"

    def add(self, batch: Batch) -> None:
        self.hit_where(batch, [text[:1] not in _FINE for text in batch.completions])

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "wait",
            ngettext(
                "%(count)s completion does not start with a space",
                "%(count)s completions do not start with a space",
                self.count,
            ),
            _("Models know most words together with the space before them; with it, an answer is often a single token."),
            Fix(
                params={},
                label=ngettext("Add to %(count)s row", "Add to %(count)s rows", self.count),
                recommended=True,
            ),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        return _spaced

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("A space was put before completions.")


def _spaced(example: Example) -> Example:
    completion = example["completion"]
    return example if not completion or completion.startswith(" ") else with_completion(example, " " + completion)

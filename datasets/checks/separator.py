from __future__ import annotations

import re

from datasets.checks.base import Change, Facts, Finding, Fix, Params, with_prompt
from datasets.checks.marked import Marked
from datasets.infer import OPEN_ENDED
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

ONE_LINE = " ->"
CANDIDATES = (ONE_LINE, "\n\n###\n\n", "\n\n===\n\n", "\n\n---\n\n", "\n\n===>\n\n", "\n\n--->\n\n")
FALLBACK = "\n\n### =>\n\n"
_NAME = re.compile(r"\s*\w[\w ]*:\s*")  # of who speaks next, as conversations are written


class Separator(Marked):
    """The mark between prompt and completion."""

    code = "separator"
    params = {"separator": str}
    adjustable = "separator"
    column = "prompt"
    candidates = CANDIDATES

    def finding(self, facts: Facts) -> Finding | None:
        if facts.task == OPEN_ENDED or not self.marks.rows:
            return None
        if self.marks.all_same and self.marks.rows > 1:
            return self._identical()
        if self.marks.existing():
            return self._repeated(self.marks.existing())
        return self._missing(self.marks.usual() or self._choice())

    def _choice(self) -> str:
        skip = (ONE_LINE,) if self.marks.newline else ()
        return self.marks.free(fallback=FALLBACK, skip=skip)

    def _missing(self, separator: str) -> Finding:
        self.count = self.lacking()
        return self.report(
            "wait",
            ngettext(
                "%(count)s prompt has no separator at its end",
                "%(count)s prompts have no separator at their end",
                self.count,
            )
            if self.count < self.marks.rows
            else _("No separator between prompt and completion"),
            _(
                "The model must see where the prompt ends and its answer begins. %(separator)s stands nowhere else in your"
                " prompts, so it cannot be mistaken for text.",
                separator=visible(separator),
            ),
            Fix(
                params={"separator": separator},
                label=ngettext("Add to %(count)s row", "Add to %(count)s rows", self.count),
                recommended=True,
            ),
        )

    def _repeated(self, separator: str) -> Finding | None:
        self.count, self.found = self.marks.existing_inside(), []
        if not self.count or separator in (*CANDIDATES, FALLBACK) or _NAME.fullmatch(separator):
            return None  # of known ones the check of leftover separators tells; a name stands before each turn
        return self.report(
            "info",
            ngettext(
                "The separator also stands inside %(count)s prompt",
                "The separator also stands inside %(count)s prompts",
                self.count,
            ),
            _(
                "Every prompt ends with %(separator)s, but it should stand nowhere else: the model may take the middle of a"
                " prompt for its end.",
                separator=visible(separator),
            ),
        )

    def _identical(self) -> Finding:
        self.count = self.marks.rows
        return self.report(
            "bad",
            _("All prompts are the same"),
            _(
                "The model can only learn to answer differently where prompts differ. Choose another column for the prompt,"
                " or leave the prompt empty to train open-ended generation."
            ),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        mark = params.get("separator", "")
        return lambda row: row if row["prompt"].endswith(mark) else with_prompt(row, row["prompt"] + mark)

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("The separator %(separator)s was added to prompts.", separator=visible(params["separator"]))


def visible(mark: str) -> str:
    """A mark as people can read it: a line break is written \\n."""
    return mark.replace("\n", "\\n").replace("\t", "\\t").replace(" ", "␣")

from __future__ import annotations

from datasets.checks.base import Change, Facts, Finding, Fix, Params, with_completion
from datasets.checks.marked import Marked
from datasets.checks.separator import visible
from datasets.infer import GENERATION
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

CANDIDATES = ("\n", ".", " END", "***", "+++", "&&&", "$$$", "@@@", "%%%")
FALLBACK = " [END]"


class Ending(Marked):
    """The mark at which a generated answer stops."""

    code = "ending"
    params = {"ending": str}
    adjustable = "ending"
    column = "completion"
    candidates = CANDIDATES

    def existing(self) -> str:
        return "" if self.marks.existing_inside() else self.marks.existing()

    def finding(self, facts: Facts) -> Finding | None:
        if facts.task != GENERATION or not self.marks.rows or self.marks.all_same or self.existing():
            return None
        ending = self.marks.usual() or self.marks.free(fallback=FALLBACK)
        if self.marks.existing() == ending:
            return None  # the last resort is there already, and stands elsewhere too
        self.count = self.lacking()
        return self.report(
            "wait",
            ngettext(
                "%(count)s completion has no ending",
                "%(count)s completions have no ending",
                self.count,
            ),
            _(
                "Without a fixed ending the model does not learn where to stop. %(ending)s stands in no completion; in use"
                " it becomes the stop sequence.",
                ending=visible(ending),
            ),
            Fix(
                params={"ending": ending},
                label=ngettext("Add to %(count)s row", "Add to %(count)s rows", self.count),
                recommended=True,
            ),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        mark = params["ending"]
        return lambda row: row if row["completion"].endswith(mark) else with_completion(row, row["completion"] + mark)

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("The ending %(ending)s was added to completions.", ending=visible(params["ending"]))

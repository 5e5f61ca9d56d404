from __future__ import annotations

from typing import Self

from datasets.checks.affixes import Marks
from datasets.checks.base import Batch, Change, Check, Facts, Finding, Fix, Params, with_completion
from datasets.checks.hits import Mask
from datasets.checks.separator import visible
from datasets.infer import GENERATION
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

CANDIDATES = ("\n", ".", " END", "***", "+++", "&&&", "$$$", "@@@", "%%%")
FALLBACK = " [END]"


class Ending(Check):
    """The mark at which a generated answer stops."""

    code = "ending"
    params = {"ending": str}
    adjustable = "ending"

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks(CANDIDATES)

    def add(self, batch: Batch) -> None:
        self.marks.add(batch.at, batch.completions, batch.completions_data)
        self.show_first(zip(batch.lines, batch.examples, strict=True))

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        self.marks.join(other.marks, at)

    def keep(self, kept: Mask) -> None:
        super().keep(kept)
        self.marks.keep(kept)

    def put(self, params: Params) -> bool:
        """Know that the fix has been applied; False if that leaves something to be looked for."""
        self.marks.put(params["ending"])
        return params["ending"] in CANDIDATES

    def wants_again(self) -> bool:
        return not self.marks.settled

    def again(self, batch: Batch) -> None:
        self.marks.again(batch.completions)

    def existing(self) -> str:
        return "" if self.marks.existing_inside() else self.marks.existing()

    def finding(self, facts: Facts) -> Finding | None:
        if facts.task != GENERATION or not self.marks.rows or self.marks.all_same or self.existing():
            return None
        usual = self.marks.usual()
        ending = usual or self.marks.free(fallback=FALLBACK)
        if self.marks.existing() == ending:
            return None  # the last resort is there already, and stands elsewhere too
        self.count = self.marks.rows - (len(self.marks.ends[usual]) if usual else 0)
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

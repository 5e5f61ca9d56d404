from __future__ import annotations

from typing import Self

from datasets.checks.affixes import Marks
from datasets.checks.base import Batch, Change, Check, Facts, Finding, Fix, Params, with_prompt
from datasets.checks.hits import Mask
from datasets.infer import OPEN_ENDED
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

ONE_LINE = " ->"
CANDIDATES = (ONE_LINE, "\n\n###\n\n", "\n\n===\n\n", "\n\n---\n\n", "\n\n===>\n\n", "\n\n--->\n\n")
FALLBACK = "\n\n### =>\n\n"


class Separator(Check):
    """The mark between prompt and completion."""

    code = "separator"
    params = {"separator": str}
    adjustable = "separator"

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks(CANDIDATES)

    def add(self, batch: Batch) -> None:
        self.marks.add(batch.at, batch.prompts, batch.prompts_data)
        self.show_first(zip(batch.lines, batch.examples, strict=True))

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        self.marks.join(other.marks, at)

    def keep(self, kept: Mask) -> None:
        super().keep(kept)
        self.marks.keep(kept)

    def put(self, params: Params) -> bool:
        """Know that the fix has been applied; False if that leaves something to be looked for."""
        self.marks.put(params["separator"])
        return params["separator"] in CANDIDATES

    def wants_again(self) -> bool:
        return not self.marks.settled

    def again(self, batch: Batch) -> None:
        self.marks.again(batch.prompts)

    def finding(self, facts: Facts) -> Finding | None:
        if facts.task == OPEN_ENDED or not self.marks.rows:
            return None
        if self.marks.all_same and self.marks.rows > 1:
            return self._identical()
        if self.marks.existing():
            return self._repeated(self.marks.existing())
        usual = self.marks.usual()
        return self._missing(usual or self._choice(), len(self.marks.ends[usual]) if usual else 0)

    def _choice(self) -> str:
        skip = (ONE_LINE,) if self.marks.newline else ()
        return self.marks.free(fallback=FALLBACK, skip=skip)

    def _missing(self, separator: str, having: int) -> Finding:
        self.count = self.marks.rows - having
        return self.report(
            "wait",
            ngettext(
                "%(count)s prompt has no separator at its end",
                "%(count)s prompts have no separator at their end",
                self.count,
            )
            if having
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
        if not self.count:
            return None
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

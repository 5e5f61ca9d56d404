from __future__ import annotations

from collections import Counter
from typing import Self

from datasets.checks.base import Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.checks.hits import Hits, Mask
from datasets.checks.separator import CANDIDATES, FALLBACK, ONE_LINE, visible
from datasets.infer import OPEN_ENDED
from datasets.mapping import Example
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

KNOWN = (*CANDIDATES, FALLBACK)
MAY_BE_MEANT = (ONE_LINE, "\n\n---\n\n", "\n\n===\n\n")
MANY = 100  # marks in one text, which are not taken out one by one


class LeftoverSeparators(Check):
    """A separator in the middle of a prompt or in a completion, as two preparations or joined files leave it.

    An arrow in a line, or a line across the page, may be meant; these are left over only where most prompts end with one.
    """

    code = "leftover-separators"
    params = {"separator": str}

    def __init__(self) -> None:
        super().__init__()
        self.rows = 0
        self.ends: Counter[str] = Counter()  # prompts that end with each
        self.inside = {mark: Hits() for mark in KNOWN}

    def add(self, batch: Batch) -> None:
        self.rows += len(batch.examples)
        for mark in KNOWN:
            if len(batch.asking.places(mark)) or len(batch.answering.places(mark)):
                self._add(mark, batch)

    def _add(self, mark: str, batch: Batch) -> None:
        (inside, at_end), said = batch.asking.where(mark), batch.answering.where(mark)
        self.ends[mark] += int(at_end.sum())
        self.inside[mark].add(batch.at, inside | said[0] | said[1])

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        self.rows += other.rows
        self.ends += other.ends
        for mark, hits in self.inside.items():
            hits.join(other.inside[mark], at)

    def keep(self, kept: Mask) -> None:
        self.rows = int(kept.sum())
        for hits in self.inside.values():
            hits.keep(kept)

    def most(self) -> str:
        """The separator that is left over in most rows."""
        left = [mark for mark in KNOWN if mark not in MAY_BE_MEANT or self.ends[mark] * 2 > self.rows]
        return max(left, key=lambda mark: len(self.inside[mark]))

    def wants_samples(self) -> list[int]:
        self.hits = self.inside[self.most()]
        return list(super().wants_samples())

    def finding(self, facts: Facts) -> Finding | None:
        mark = self.most()
        self.hits = self.inside[mark]
        if not self.count or facts.task == OPEN_ENDED:
            return None
        return self.report(
            "info",
            ngettext(
                "%(count)s row holds a separator where none belongs",
                "%(count)s rows hold a separator where none belongs",
                self.count,
            ),
            _(
                "%(separator)s stands in the middle of a prompt or in a completion. A separator belongs at the end of the"
                " prompt alone: elsewhere the model may take it for the place where its answer begins.",
                separator=visible(mark),
            ),
            Fix(
                params={"separator": mark},
                label=ngettext("Take it out of %(count)s row", "Take it out of %(count)s rows", self.count),
                recommended=False,
            ),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        mark = params["separator"]

        def change(row: Example) -> Example | None:
            asked, said = without(row["prompt"], mark, end=True), without(row["completion"], mark, end=False)
            same = asked == row["prompt"] and said == row["completion"]
            return row if same else {**row, "prompt": asked, "completion": said}

        return change

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("The separator %(separator)s was taken out of the middle of texts.", separator=visible(params["separator"]))


def without(text: str, mark: str, *, end: bool) -> str:
    """The text without the mark, but for one at its very end if `end`; paragraphs and words stay apart."""
    gap = "\n\n" if mark[0] == "\n" and len(mark) > 2 else ""
    last = -1 if end else len(text)
    while (at := text.find(mark, 0, last)) >= 0:
        rest = text[at + len(mark) :]
        if mark in rest[: -len(mark)] and text.count(mark) > MANY:
            return without(text[:-1].replace(mark, gap or " ") + text[-1:], mark, end=end)
        tight = not gap and len(mark) > 1 and text[:at][-1:].strip() and rest[:1].strip()
        text = text[:at] + (" " if tight else gap) + rest
        last = -1 if end else len(text)
    return text

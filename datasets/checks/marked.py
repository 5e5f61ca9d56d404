"""What the checks of separators and of endings have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from datasets.checks.affixes import Marks
from datasets.checks.base import SAMPLES, Batch, Check, Params
from datasets.checks.hits import Mask


class Marked(Check):
    """Looks for one mark at the end of every text of a column."""

    column: ClassVar[str]
    candidates: ClassVar[Sequence[str]]

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks(self.candidates)

    def add(self, batch: Batch) -> None:
        self.marks.add(batch.at, batch.asking if self.column == "prompt" else batch.answering)

    def _texts(self, batch: Batch) -> list[str]:
        return batch.prompts if self.column == "prompt" else batch.completions

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        self.marks.join(other.marks, at)

    def keep(self, kept: Mask) -> None:
        super().keep(kept)
        self.marks.keep(kept)

    def put(self, params: Params) -> bool:
        """Know that the fix has been applied; False if that leaves something to be looked for."""
        mark = params[self.adjustable]
        self.marks.put(mark)
        return mark in self.candidates

    def wants_again(self) -> bool:
        return not self.marks.settled

    def again(self, batch: Batch) -> None:
        self.marks.again(self._texts(batch))

    def wants_samples(self) -> Sequence[int]:
        """The first rows that lack the mark which most have, or simply the first."""
        if self.marks.existing():
            return []
        usual = self.marks.usual()
        lacking = self.marks.without(usual) if usual else np.ones(self.marks.rows, dtype=bool)
        return [int(row) for row in np.flatnonzero(lacking)[:SAMPLES]]

    def lacking(self) -> int:
        """How many rows lack the mark which most have, and note them; all, where none is usual."""
        usual = self.marks.usual()
        if usual:
            self.hits.note(self.marks.without(usual))
        return len(self.hits) if usual else self.marks.rows

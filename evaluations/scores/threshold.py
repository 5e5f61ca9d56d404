"""From which probability on a label counts.

Rows are counted once on a fine grid of thresholds; all that a slider shows is sums of those counts, exact at
every place of the grid however many rows there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

STEPS = 1000
GRID: Floats = np.arange(STEPS + 1) / STEPS


@dataclass(frozen=True, slots=True)
class Counted:
    """Of each step: rows whose probability lies from it on and below the next, that expect the label or do not."""

    yes: Ints
    no: Ints
    unknown: int  # rows without a probability

    @property
    def rows(self) -> int:
        return int(self.yes.sum() + self.no.sum())

    @property
    def plain(self) -> dict[str, Any]:
        """For the page's script: a few kilobytes for any number of rows."""
        return {"yes": self.yes.tolist(), "no": self.no.tolist(), "steps": STEPS}


@dataclass(frozen=True, slots=True)
class At:
    """What comes out if `high` and more is a yes, less than `low` is a no, and a person decides between them."""

    low: float
    high: float
    true_yes: int
    false_yes: int
    true_no: int
    false_no: int
    person: int

    @property
    def decided(self) -> int:
        return self.true_yes + self.false_yes + self.true_no + self.false_no

    @property
    def precision(self) -> float | None:
        return _ratio(self.true_yes, self.true_yes + self.false_yes)

    @property
    def recall(self) -> float | None:
        """Of the rows that nobody has to look at, as the others."""
        return _ratio(self.true_yes, self.true_yes + self.false_no)

    @property
    def f1(self) -> float | None:
        return _ratio(2 * self.true_yes, 2 * self.true_yes + self.false_yes + self.false_no)

    @property
    def accuracy(self) -> float | None:
        return _ratio(self.true_yes + self.true_no, self.decided)

    @property
    def to_person(self) -> float | None:
        return _ratio(self.person, self.decided + self.person)

    def cost(self, wrong_yes: float, wrong_no: float) -> float:
        return wrong_yes * self.false_yes + wrong_no * self.false_no


def counted(is_yes: Bools, chances: Floats) -> Counted:
    known = np.isfinite(chances)
    places = np.clip(np.searchsorted(GRID, chances[known], side="right") - 1, 0, STEPS)
    yes = np.bincount(places[is_yes[known]], minlength=STEPS + 1)
    no = np.bincount(places[~is_yes[known]], minlength=STEPS + 1)
    return Counted(yes, no, int((~known).sum()))


def at(found: Counted, low: float, high: float | None = None) -> At:
    """Count what two thresholds bring, each taken to the nearest step; one threshold is both."""
    first, second = sorted((step(low), step(low if high is None else high)))
    return At(
        low=first / STEPS,
        high=second / STEPS,
        true_yes=int(found.yes[second:].sum()),
        false_yes=int(found.no[second:].sum()),
        true_no=int(found.no[:first].sum()),
        false_no=int(found.yes[:first].sum()),
        person=int(found.yes[first:second].sum() + found.no[first:second].sum()),
    )


def best(found: Counted, wrong_yes: float | None = None, wrong_no: float | None = None) -> float | None:
    """Return the threshold of the least cost or, without costs, of the highest F1; None if nothing can be told apart.

    Of equally good ones, the middle of those that lie together nearest to 0.5: new rows leave room on both sides.
    """
    if not found.yes.sum() or not found.no.sum():
        return None
    hit = np.cumsum(found.yes[::-1])[::-1]
    wrong = np.cumsum(found.no[::-1])[::-1]
    missed = found.yes.sum() - hit
    if wrong_yes is not None and wrong_no is not None:
        worth = -(wrong_yes * wrong + wrong_no * missed)
    else:
        worth = 2 * hit / np.maximum(2 * hit + wrong + missed, 1)
    return _middle(np.flatnonzero(worth == worth.max())) / STEPS


def step(threshold: float) -> int:
    return int(np.clip(round(threshold * STEPS), 0, STEPS)) if np.isfinite(threshold) else STEPS // 2


def _middle(places: Ints) -> int:
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    nearest = min(runs, key=lambda run: float(np.abs(run - STEPS / 2).min()))
    return int((nearest[0] + nearest[-1]) // 2)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None

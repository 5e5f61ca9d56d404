"""Rows get new numbers where they arrive; what pointed at them has to be told."""

from __future__ import annotations

from array import array
from bisect import bisect_left

from handover.check import contradiction
from handover.references import PERSON


class Numbers:
    """Which row each number of the archive has become. Numbers only grow, so that two arrays are enough."""

    def __init__(self) -> None:
        self.old: dict[str, array[int]] = {}
        self.new: dict[str, array[int]] = {}

    def add(self, label: str, old: int, new: int) -> None:
        olds = self.old.setdefault(label, array("q"))
        if olds and olds[-1] >= old:
            raise contradiction(label)
        olds.append(old)
        self.new.setdefault(label, array("q")).append(new)

    def __call__(self, label: str, old: int) -> int | None:
        olds = self.old.get(label, array("q"))
        place = bisect_left(olds, old)
        return self.new[label][place] if place < len(olds) and olds[place] == old else None

    def people(self) -> list[int]:
        return list(self.new.get(PERSON, ()))

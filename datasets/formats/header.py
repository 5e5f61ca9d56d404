"""Which row of a table names its columns; titles and remarks may stand above it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from datasets.formats.rows import EXAMPLE_KEYS, MAX_COLUMNS, excerpt

LOOKED_AT = 20
SHOWN = 80  # characters
MIN_WIDER, WIDER_SHARE = 1, 0.2


class Head(NamedTuple):
    """One of a table's first rows."""

    line: int
    cells: list[str]  # the beginning of each

    @classmethod
    def of(cls, line: int, cells: Iterable[str]) -> Head:
        return cls(line, [cell[:SHOWN] for cell in islice(cells, MAX_COLUMNS)])

    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)

    def shown(self) -> str:
        return excerpt(" · ".join(cell.strip() for cell in self.cells if cell.strip()))[:SHOWN]


def recognised(heads: Sequence[Head]) -> int:
    """The line of the first row that has as many filled cells as those below it, or a name that examples have.

    A single wider row below, or one in five, is a remark beside the table and not its header.
    """
    filled = [head.filled() for head in heads]
    for at, head in enumerate(heads[:-1]):
        below = filled[at + 1 :]
        wider = sum(count > filled[at] for count in below)
        if wider <= max(MIN_WIDER, WIDER_SHARE * len(below)) or _is_known(head):
            return head.line
    return heads[0].line if heads else 1


def _is_known(head: Head) -> bool:
    return not EXAMPLE_KEYS.isdisjoint(cell.strip().casefold() for cell in head.cells)

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

    A single wider row below, or one in five, is a remark beside the table and not its header. A row below a title that
    is followed by an empty one belongs to the title.
    """
    filled = [head.filled() for head in heads]
    for at, head in enumerate(heads[:-1]):
        below = filled[at + 1 :]
        wider = sum(count > filled[at] for count in below)
        full = wider <= max(MIN_WIDER, WIDER_SHARE * len(below)) and not (at and _stands_apart(heads[at : at + 3]))
        if full or _is_known(head):
            return head.line
    return heads[0].line if heads else 1


def _stands_apart(heads: Sequence[Head]) -> bool:
    """Whether an empty row is between the first of three rows and the others."""
    if len(heads) < 3:
        return False
    lines_inside = sum(cell.count("\n") for cell in heads[0].cells)
    return heads[1].line > heads[0].line + 1 + lines_inside and heads[2].line == heads[1].line + 1


def _is_known(head: Head) -> bool:
    return not EXAMPLE_KEYS.isdisjoint(cell.strip().casefold() for cell in head.cells)

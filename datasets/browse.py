"""Pages of prepared examples, and one of them with its neighbours.

All rows are known from the index, so that the last page of a million costs what the first does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from datasets import narrow
from datasets.by_hand import Keys, name_of
from datasets.checks.hits import RowNumbers
from datasets.index import Index, opened_index, read
from datasets.mapping import Example
from datasets.models import Dataset
from datasets.narrow import LINE, Wanted
from datasets.samples import texts
from datasets.storing import opened

PER_PAGE = 25


@dataclass(frozen=True, kw_only=True)
class Page:
    examples: list[dict[str, Any]] = field(default_factory=list)
    number: int = 1
    pages: int = 1
    total: int = 0

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One prepared row, and where it stands among those that are wanted."""

    key: int
    line: int
    example: Example
    tokens: int
    place: int | None  # counted from 1; None: it is not among them
    total: int
    previous: str  # a neighbour's name, "" if there is none
    next: str


def page(dataset: Dataset, wanted: Wanted, number: str) -> Page:
    if not dataset.prepared_count:
        return Page()
    with opened_index(dataset.prepared_index.name or "") as index:
        found = narrow.rows(dataset, index, wanted)
        asked = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 1
        pages = max(1, -(-len(found) // PER_PAGE))
        at = max(1, min(asked, pages))
        shown = found[(at - 1) * PER_PAGE : at * PER_PAGE]
        return Page(examples=_shown(dataset, index, shown), number=at, pages=pages, total=len(found))


def row(dataset: Dataset, wanted: Wanted, key: int) -> Row | None:
    """The prepared row with this key; None if a fix or a person has taken it out."""
    if not dataset.prepared_count:
        return None
    with opened_index(dataset.prepared_index.name or "") as index, opened(dataset.prepared) as file:
        number = index.number(key)
        if number is None:
            return None
        found = narrow.rows(dataset, index, wanted)
        place, before, after = _around(found, number, in_order=wanted.sort == LINE)
        line, example = read(index, file, number)
        return Row(
            key=key,
            line=line,
            example=example,
            tokens=int(index.tokens[number]),
            place=place,
            total=len(found),
            previous=_name(index, before),
            next=_name(index, after),
        )


def keys(dataset: Dataset, wanted: Wanted) -> Keys:
    """The keys of all rows that are wanted."""
    with opened_index(dataset.prepared_index.name or "") as index:
        return index.keys[narrow.rows(dataset, index, wanted)]


def _around(found: RowNumbers, number: int, *, in_order: bool) -> tuple[int | None, int | None, int | None]:
    """The place of a row among others, and its neighbours: those it would have if it is not among them."""
    at = int(np.searchsorted(found, number)) if in_order else int((found == number).argmax()) if len(found) else 0
    there = at < len(found) and int(found[at]) == number
    after = at + 1 if there else at
    before = int(found[at - 1]) if at else None
    return at + 1 if there else None, before, int(found[after]) if after < len(found) else None


def _name(index: Index, number: int | None) -> str:
    return "" if number is None else name_of(int(index.keys[number]))


def _shown(dataset: Dataset, index: Index, numbers: RowNumbers) -> list[dict[str, Any]]:
    with opened(dataset.prepared) as file:
        return [_example(index, number, *read(index, file, number)) for number in numbers.tolist()]


def _example(index: Index, number: int, line: int, example: Example) -> dict[str, Any]:
    name = name_of(int(index.keys[number]))
    return {"name": name, "line": line, "texts": texts(example), "tokens": int(index.tokens[number])}

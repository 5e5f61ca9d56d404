"""What is different between two versions: rows added, removed, changed, or moved to another part.

Changed is a row that asks the same and is answered otherwise. Rows are told apart by short keys, and equal rows are
counted: two copies against three are one row added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets import keyed, later
from datasets.keyed import Keys
from datasets.later import Answer
from datasets.mapping import Example
from datasets.models import Version
from datasets.samples import sample, texts

KINDS = ("changed", "added", "removed", "moved")
PER_PAGE = 10
SMALL = 20_000  # rows of both that are compared while a person waits

Places = NDArray[np.uint64]  # where rows stand: in the old version, in the new one


@dataclass(frozen=True, kw_only=True)
class Page:
    kind: str
    rows: list[dict[str, Any]]
    number: int
    pages: int

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


class Difference:
    def __init__(self, old: Version, new: Version) -> None:
        self.old, self.new = old, new
        with np.load(answer(old, new).path) as stored:
            self.places: dict[str, Places] = {kind: stored[kind] for kind in KINDS}
            self.same = int(stored["same"])
        self.counts = {kind: len(places) for kind, places in self.places.items()}

    def page(self, kind: str, number: str) -> Page:
        """A page of one kind of rows; without a known kind the first that has any."""
        if kind not in KINDS:
            kind = next((kind for kind in KINDS if self.counts[kind]), KINDS[0])
        pages = max(1, -(-self.counts[kind] // PER_PAGE))
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 1
        at = max(1, min(wanted, pages))
        places = self.places[kind][(at - 1) * PER_PAGE : at * PER_PAGE].tolist()
        return Page(kind=kind, rows=[self._row(kind, *pair) for pair in places], number=at, pages=pages)

    def _row(self, kind: str, old: int, new: int) -> dict[str, Any]:
        before = keyed.reader(self.old)(old) if kind != "added" else None
        after = keyed.reader(self.new)(new) if kind != "removed" else None
        return {
            "was": keyed.part_of(old) if before else "",
            "now": keyed.part_of(new) if after else "",
            "texts": _texts(before, after),
        }


def _texts(before: Example | None, after: Example | None) -> list[dict[str, Any]]:
    """The texts of a row, cut; `before` and `after` of each are parts that changed or not, None on no side of it."""
    if before is None:
        return [{**text, "before": None, "after": text["before"]} for text in _texts(after or {}, None)]
    shown: list[dict[str, Any]] = sample(0, before, after, tuple(texts(before)))["texts"]
    return shown


def answer(old: Version, new: Version) -> Answer:
    return later.answer(new.dataset, f"v{old.pk}-v{new.pk}.npz")


def is_small(old: Version, new: Version) -> bool:
    return old.rows + new.rows <= SMALL


def compare(old: Version, new: Version) -> None:
    """Work the difference out and keep it."""
    kept = answer(old, new)
    with kept.at_it() as progress:
        total = max(1, old.rows + new.rows)
        first = keyed.of_version(old, lambda done: progress(done * old.rows / total))
        second = keyed.of_version(new, lambda done: progress((old.rows + done * new.rows) / total))
        found = differences(first, second)
        with kept.written() as file:
            np.savez(file, **found)


def differences(old: Keys, new: Keys) -> dict[str, Any]:
    """The places of the rows of each kind, in the order of the new version, removed ones in that of the old."""
    in_old, in_new = _matched(old["whole"], new["whole"])
    stayed = old["at"][in_old] >> keyed.PART_AT == new["at"][in_new] >> keyed.PART_AT
    moved = _pairs(old["at"][in_old[~stayed]], new["at"][in_new[~stayed]])
    old, new = np.delete(old, in_old), np.delete(new, in_new)
    asked_old, asked_new = _matched(old["question"], new["question"])
    changed = _pairs(old["at"][asked_old], new["at"][asked_new])
    removed, added = np.delete(old["at"], asked_old), np.delete(new["at"], asked_new)
    return {
        "changed": changed,
        "added": _pairs(np.zeros_like(added), added),
        "removed": _pairs(removed, np.zeros_like(removed)),
        "moved": moved,
        "same": np.array(int(stayed.sum())),
    }


def _pairs(old: Places, new: Places) -> Places:
    return np.column_stack([old, new])[np.lexsort((old, new))]


def _matched(old: NDArray[np.uint64], new: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The indices of equal keys on both sides, each used once, the first copy with the first."""
    keys, at = np.unique(np.concatenate([old, new]), return_inverse=True)
    first, second = _distinct(at[: len(old)], len(keys)), _distinct(at[len(old) :], len(keys))
    _same, in_old, in_new = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    return in_old, in_new


def _distinct(ids: NDArray[np.int64], many: int) -> NDArray[np.int64]:
    """Ids below `many`, with so many times `many` added as the same id has stood before."""
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(ids) else np.zeros(0, np.int64)
    sizes = np.diff(np.concatenate([begins, [len(ids)]]))
    before = np.empty(len(ids), dtype=np.int64)
    before[order] = np.arange(len(ids)) - np.repeat(begins, sizes)
    return ids + before * many

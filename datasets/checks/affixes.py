"""What texts have in common at their ends, found while they go by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from datasets import common
from datasets.checks.hits import Hits, Mask
from datasets.checks.texts import Column

LONGEST = 200


class Shared:
    """The longest beginning, or end, that all texts seen so far share."""

    def __init__(self, *, end: bool) -> None:
        self.end = end
        self.affix: str | None = None

    def add(self, texts: Sequence[str]) -> None:
        if not texts or self.affix == "":
            return
        if self.affix is None:
            self.affix = texts[0][-LONGEST:] if self.end else texts[0][:LONGEST]
        for text in texts:
            if not (text.endswith(self.affix) if self.end else text.startswith(self.affix)):
                self._shorten(text)

    def join(self, other: Shared) -> None:
        """Take over what other texts share."""
        if other.affix is not None:
            self.add([other.affix])

    def _shorten(self, text: str) -> None:
        affix = self.affix or ""
        if self.end:
            self.affix = affix[len(affix) - common.end(affix, text[-LONGEST:]) :]
        else:
            self.affix = affix[: common.beginning(affix, text)]


class Marks:
    """A mark that could end every text: which candidates occur, and what the texts already end with.

    A candidate that stands inside a text, and not only at its end, is out for good.
    """

    def __init__(self, candidates: Sequence[str]) -> None:
        self.rows = 0
        self.same: str | None = None  # the text, while all texts are the same
        self.all_same = True
        self.ends = {mark: Hits() for mark in candidates}  # in order of preference
        self.newline = False
        self.shared = Shared(end=True)
        self._mark = ""
        self._inside_mark = 0
        self.settled = True  # False: earlier texts were not searched for the mark, and should be seen again

    def add(self, at: int, column: Column) -> None:
        """Look through consecutive texts from number `at` on."""
        texts = column.texts
        if not texts:
            return
        self.rows += len(texts)
        self.same = texts[0] if self.same is None else self.same
        self.all_same = self.all_same and all(text == self.same for text in texts)
        self.newline = self.newline or column.data.count(b"\n") >= len(texts)
        for mark in [mark for mark in self.ends if len(column.places(mark))]:
            self._add_candidate(mark, at, column)
        self._add_shared(texts)

    def _add_candidate(self, mark: str, at: int, column: Column) -> None:
        inside, at_end = column.where(mark)
        if inside.any():
            del self.ends[mark]
        else:
            self.ends[mark].add(at, at_end)

    def join(self, other: Marks, at: int) -> None:
        if not other.rows:
            return
        first = not self.rows
        self.rows += other.rows
        self.same = other.same if first else self.same
        self.all_same = self.all_same and other.all_same and self.same == other.same
        self.newline = self.newline or other.newline
        self.ends = {mark: hits for mark, hits in self.ends.items() if mark in other.ends}
        for mark, hits in self.ends.items():
            hits.join(other.ends[mark], at)
        self._join_shared(other, first)

    def _join_shared(self, other: Marks, first: bool) -> None:
        self.shared.join(other.shared)
        mark = deliberate(self.shared.affix or "")
        same = mark == other._mark and (first or mark == self._mark)
        self._inside_mark = self._inside_mark + other._inside_mark if same else 0
        self.settled = self.settled and other.settled and (same or not mark)
        self._mark = mark

    def keep(self, kept: Mask) -> None:
        self.rows = int(kept.sum())
        for hits in self.ends.values():
            hits.keep(kept)

    def put(self, mark: str) -> None:
        """Know that the mark, a candidate that stood inside no text, has been put behind all that lacked it."""
        every = Hits()
        every.add(0, [True] * self.rows)
        self.ends, self.settled, self._mark, self._inside_mark = {mark: every}, True, "", 0

    def _add_shared(self, texts: Sequence[str]) -> None:
        first = self.shared.affix is None
        self.shared.add(texts)
        mark = deliberate(self.shared.affix or "")
        if mark != self._mark:
            self.settled = self.settled and first
            self._mark, self._inside_mark = mark, 0
        if mark:
            self._inside_mark += sum(text.find(mark, 0, -1) >= 0 for text in texts)

    def again(self, texts: Sequence[str]) -> None:
        """Search all texts once more, now that the mark is known."""
        if not self.settled:
            self.settled, self._inside_mark = True, 0
        if self._mark:
            self._inside_mark += sum(text.find(self._mark, 0, -1) >= 0 for text in texts)

    def existing(self) -> str:
        """The mark that every text ends with on purpose, "" if there is none: a candidate, or one of their own."""
        known = [mark for mark, hits in self.ends.items() if self.rows == len(hits)]
        return max(known, key=len, default="" if self.all_same else self._mark)

    def existing_inside(self) -> int:
        """How many texts hold the existing mark elsewhere too."""
        return self._inside_mark if self._mark and self.existing() == self._mark else 0

    def usual(self) -> str:
        """The candidate that ends more than half of the texts and stands nowhere else, "" if there is none."""
        for mark, hits in self.ends.items():
            if len(hits) * 2 > self.rows:
                return mark
        return ""

    def without(self, mark: str) -> Mask:
        """Which texts do not end with the candidate."""
        lacking = np.ones(self.rows, np.bool_)
        lacking[self.ends[mark].rows()] = False
        return lacking

    def free(self, *, fallback: str, skip: Sequence[str] = ()) -> str:
        """The first candidate that stands in no text."""
        for mark, hits in self.ends.items():
            if not hits and mark not in skip:
                return mark
        return fallback


def deliberate(suffix: str) -> str:
    """The part of a shared end that somebody put there: from its first sign on, and at least two characters.

    Texts that merely end with the same letter, the same word or the same full stop share no mark.
    """
    at = 0
    while at < len(suffix) and suffix[at].isalnum():
        at += 1
    mark = suffix[at:]
    words = any(character.islower() for character in mark)
    natural = words and (mark[-1].isalnum() or mark[-1] in ".?!,;")
    return mark if len(mark) >= 2 and not natural else ""

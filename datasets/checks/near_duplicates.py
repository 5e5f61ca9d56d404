"""Rows that ask the same in another spelling, or nearly the same in other words."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from datasets.checks.alike import Earlier, bands, first_alike, signatures
from datasets.checks.base import EVERY, SAMPLES, AllKeys, Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.checks.hits import Mask
from datasets.checks.keys import Keys, key, of_bytes, of_texts
from datasets.checks.wording import text_asked, words
from datasets.mapping import Example
from datasets.samples import pair
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

MOST = 200_000  # rows that are compared by their words: 51 MB of signatures
_TOGETHER = 1_000


class Column:
    """Something of each row, in parts that are put together once at the end."""

    def __init__(self) -> None:
        self.parts: list[NDArray[Any]] = []

    def whole(self) -> NDArray[Any]:
        if len(self.parts) != 1:
            self.parts = [np.concatenate(self.parts) if self.parts else np.zeros(0, np.uint64)]
        return self.parts[0]


class _Alike(Check):
    """Compares what rows ask; `like` is, for each row, the place of an earlier one that it is like, or -1."""

    formats = EVERY
    near = True
    shown = ("prompt", "completion")

    def __init__(self) -> None:
        super().__init__()
        self.wording = Column()
        self.like = np.zeros(0, np.int64)
        self.otherwise = 0  # answered in another way than the earlier row
        self.seen: dict[int, tuple[int, Example]] = {}

    def columns(self) -> list[Column]:
        return [self.wording]

    def add(self, batch: Batch) -> None:
        self.wording.parts.append(of_bytes(batch.words))

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        for mine, theirs in zip(self.columns(), other.columns(), strict=True):
            mine.parts += theirs.parts

    def keep(self, kept: Mask) -> None:
        super().keep(kept)
        for column in self.columns():
            if len(column.whole()):
                column.parts = [column.whole()[kept]]

    def compare(self, keys: AllKeys) -> None:
        self.like = self.compared()
        self.hits.add(0, self.like >= 0)
        rows = self.hits.rows()
        if len(keys.answers):
            self.otherwise = int((keys.answers[rows] != keys.answers[self.like[rows]]).sum())

    def compared(self) -> NDArray[np.int64]:
        raise NotImplementedError

    def pairs(self) -> list[tuple[int, int]]:
        return [(int(self.like[row]), row) for row in self.hits.rows()[:SAMPLES].tolist()]

    def wants_samples(self) -> list[int]:
        return sorted({number for numbers in self.pairs() for number in numbers})

    def show_first(self, rows: Iterable[tuple[int, Example]]) -> None:
        self.seen = dict(zip(self.wants_samples(), rows, strict=False))

    def said_of(self, title: Sentence, why: Sentence, both: Sentence) -> Finding:
        fix = Fix(params={}, label=ngettext("Remove %(count)s row", "Remove %(count)s rows", self.count), recommended=False)
        why = Sentence(both.one, both.many, {"count": self.otherwise}) if self.otherwise else why
        shown = [(*self.seen[one], *self.seen[other]) for one, other in self.pairs() if {one, other} <= self.seen.keys()]
        samples = [pair(*two, self.shown) for two in shown]
        return Finding(code=self.code, severity="info", title=title, why=why, count=self.count, samples=samples, fix=fix)


class NormalizedDuplicates(_Alike):
    """The same question as before but for case, Unicode spelling, space and the signs between words."""

    code = "normalized-duplicates"

    def __init__(self) -> None:
        super().__init__()
        self.spelling = Column()

    def columns(self) -> list[Column]:
        return [self.wording, self.spelling]

    def add(self, batch: Batch) -> None:
        super().add(batch)
        self.spelling.parts.append(of_texts(batch.asked))

    def compared(self) -> NDArray[np.int64]:
        first, spelling = _first(self.wording.whole()), self.spelling.whole()
        return np.where(spelling != spelling[first], first, -1)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        title = ngettext(
            "%(count)s row asks the same as an earlier one in another spelling",
            "%(count)s rows ask the same as earlier ones in another spelling",
            self.count,
        )
        return self.said_of(title, _SPELLED, _SPELLED_OTHERWISE)

    @classmethod
    def change(cls, params: Params) -> Change:
        spelled: dict[int, int] = {}

        def first(example: Example) -> Example | None:
            text = text_asked(example)
            spelling = key(text)
            return example if spelled.setdefault(int(of_bytes([words(text)])[0]), spelling) == spelling else None

        return first

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Of rows that ask the same in several spellings, those with the first one stayed.")


class NearDuplicates(_Alike):
    """Most of the words of an earlier question, in the same order."""

    code = "near-duplicates"

    def __init__(self) -> None:
        super().__init__()
        self.signed = Column()
        self.rows = 0
        self.too_many = False

    def columns(self) -> list[Column]:
        return [self.wording, self.signed]

    def expect(self, rows: int) -> None:
        if rows > MOST:
            self._give_up()

    def _give_up(self) -> None:
        self.too_many = True
        for column in self.columns():
            column.parts = []

    def add(self, batch: Batch) -> None:
        self.rows += len(batch.examples)
        if self.too_many or self.rows > MOST:
            self._give_up()
            return
        super().add(batch)
        self.signed.parts.append(signatures(batch.words))

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        self.rows += other.rows
        if self.too_many or other.too_many or self.rows > MOST:
            self._give_up()

    def compared(self) -> NDArray[np.int64]:
        return np.zeros(0, np.int64) if self.too_many else _near(self.wording.whole(), self.signed.whole())

    def finding(self, facts: Facts) -> Finding | None:
        if self.too_many:
            self.count = facts.rows
            return self.report("info", _("Nearly equal rows were not looked for"), _sentence_of_too_many())
        if not self.count:
            return None
        title = ngettext(
            "%(count)s row asks nearly the same as an earlier one",
            "%(count)s rows ask nearly the same as earlier ones",
            self.count,
        )
        return self.said_of(title, _WORDED, _WORDED_OTHERWISE)

    @classmethod
    def change(cls, params: Params) -> Change:
        """Drop what is like an earlier row; quicker is to know it beforehand, see `near_duplicates`."""
        earlier = Earlier()
        dropped: dict[int, bool] = {}

        def first(example: Example) -> Example | None:
            text = words(text_asked(example))
            wording = int(of_bytes([text])[0])
            if wording not in dropped:
                signed = signatures([text])
                place = len(dropped)
                dropped[wording] = place < MOST and earlier.like(signed[0], bands(signed)[0].tolist(), place) >= 0
            return None if dropped[wording] else example

        return first

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Of rows that ask nearly the same, the first stayed.")


def near_duplicates(examples: Iterable[Example]) -> Mask:
    """Tell which rows are like an earlier one; those beyond MOST are none."""
    wording, signed, rest = Column(), Column(), iter(examples)
    left = MOST
    while some := [words(text_asked(example)) for example in islice(rest, min(left, _TOGETHER))]:
        left -= len(some)
        wording.parts.append(of_bytes(some))
        signed.parts.append(signatures(some))
    found = _near(wording.whole(), signed.whole()) >= 0
    return np.concatenate([found, np.zeros(sum(1 for _example in rest), bool)])


def _near(wording: Keys, signed: NDArray[Any]) -> NDArray[np.int64]:
    """For each row the place of an earlier one whose words it shares; copies of a wording do what its first row does."""
    _unique, places, group = np.unique(wording, return_index=True, return_inverse=True)
    order = np.argsort(places)
    distinct = places[order]
    like = first_alike(signed[distinct]) if len(distinct) else np.zeros(0, np.int64)
    like = np.where(like >= 0, distinct[like], -1) if len(distinct) else like
    of_group = np.empty(len(order), np.int64)
    of_group[order] = like
    return of_group[group]


def _first(keys: Keys) -> NDArray[np.int64]:
    _unique, first, group = np.unique(keys, return_index=True, return_inverse=True)
    found: NDArray[np.int64] = first[group]
    return found


def _sentence_of_too_many() -> Sentence:
    return _(
        "With more than %(most)s rows that takes too long. Exact duplicates and those in another spelling were looked for.",
        most=MOST,
    )


_SPELLED = _(
    "Only case, space, signs or the way of writing the same letters differ. A copy counts twice in training. Versions"
    " keep such rows on one side, so that none of them is validated on what it was trained on."
)
_SPELLED_OTHERWISE = ngettext(
    "Only case, space, signs or the way of writing the same letters differ, but %(count)s of them is answered otherwise:"
    " the model cannot learn both.",
    "Only case, space, signs or the way of writing the same letters differ, but %(count)s of them are answered otherwise:"
    " the model cannot learn both.",
    0,
)
_WORDED = _(
    "Most words are the same and in the same order. Near copies count several times in training and teach little."
    " Versions keep them on one side, so that none of them is validated on what it was trained on."
)
_WORDED_OTHERWISE = ngettext(
    "Most words are the same and in the same order, but %(count)s of them is answered otherwise. Look whether the few"
    " words that differ explain that; if not, the model cannot learn both.",
    "Most words are the same and in the same order, but %(count)s of them are answered otherwise. Look whether the few"
    " words that differ explain that; if not, the model cannot learn both.",
    0,
)

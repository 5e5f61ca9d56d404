"""Which texts have most of their words in the same order: MinHash signatures, and bands of these to find pairs by.

A text is taken as its runs of three words. The share of equal numbers in two signatures tells how many of their runs
two texts share (their Jaccard similarity), give or take a twentieth. All of it is the same each time and everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Signatures = NDArray[np.uint32]  # one row of HASHES numbers a text
Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]

ALIKE = 0.7  # of the runs of two texts are shared
BANDS, IN_BAND = 16, 4  # texts that agree in all numbers of a band are compared: 99 of 100 that are just alike, all above
HASHES = BANDS * IN_BAND
AGREEING = round(ALIKE * HASHES)
RUN = 3  # words
FEWEST = 12  # words; of fewer each counts too much
LONGEST = 20_000  # bytes of a text that are looked at
TOGETHER = 400_000  # bytes that are looked at in one go: eight times as much for each of a few arrays
ROUNDS = 8  # in which the texts of one band are compared, each with one of them
FEW_RUNS = 2_000  # of which the numbers for all hashes are found in one go
MATES = 4  # of one band that the next text is compared with
_BLOCK = 1 << 16  # pairs

_LETTER = 0x9E3779B97F4A7C15 | 1


def _mixed(numbers: Numbers) -> Numbers:
    """Each number with its bits well spread."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


_FACTORS = _mixed(np.arange(1, HASHES + 1, dtype=np.uint64)) | np.uint64(1)
_ORDER = _mixed(np.arange(1001, 1001 + RUN, dtype=np.uint64)) | np.uint64(1)  # of a run's words
_BAND = _mixed(np.arange(2001, 2001 + IN_BAND, dtype=np.uint64)) | np.uint64(1)


def _powers(base: int, count: int) -> Numbers:
    found = np.full(count, base, np.uint64)
    found[:1] = 1
    return np.cumprod(found, dtype=np.uint64)


_UP = _powers(_LETTER, TOGETHER + 2 * LONGEST)
_DOWN = _powers(pow(_LETTER, -1, 1 << 64), TOGETHER + 2 * LONGEST)


def signatures(texts: Sequence[bytes]) -> Signatures:
    """The signatures of texts as `wording.words` makes them; texts of fewer than FEWEST words are like none but the same."""
    parts = [_signed(some) for some in _portions(texts)]
    return np.concatenate(parts) if parts else np.zeros((0, HASHES), np.uint32)


def _portions(texts: Sequence[bytes]) -> Iterator[list[bytes]]:
    some: list[bytes] = []
    size = 0
    for text in texts:
        cut = text[:LONGEST] or b"\x00"
        some.append(cut)
        size += len(cut) + 1
        if size >= TOGETHER:
            yield some
            some, size = [], 0
    if some:
        yield some


def _signed(texts: list[bytes]) -> Signatures:
    runs, begins = _runs(texts)
    if len(runs) <= FEW_RUNS:
        return np.minimum.reduceat(((runs * _FACTORS[:, None]) >> np.uint64(32)).astype(np.uint32), begins, axis=1).T
    found = np.empty((len(texts), HASHES), np.uint32)
    for at, factor in enumerate(_FACTORS):
        found[:, at] = np.minimum.reduceat(((runs * factor) >> np.uint64(32)).astype(np.uint32), begins)
    return found


def _runs(texts: list[bytes]) -> tuple[Numbers, Places]:
    """A number for each run of words, and where those of each text begin; a text of few words is one run."""
    letters = np.frombuffer(b"\n".join(texts) + b"\n", np.uint8)
    ends = np.flatnonzero((letters == 0x20) | (letters == 0x0A))
    starts = np.concatenate([[0], ends[:-1] + 1])
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(letters * _UP[: len(letters)], dtype=np.uint64)])
    spelled = _mixed((sums[ends] - sums[starts]) * _DOWN[starts])
    last = np.flatnonzero(letters[ends] == 0x0A)  # each text's last word
    first = np.concatenate([[0], last[:-1] + 1])
    words = last - first + 1
    short = words < FEWEST
    wanted = np.repeat(last - (RUN - 1), words) >= np.arange(len(spelled))
    wanted &= np.repeat(~short, words)
    wanted[first[short]] = True
    padded = np.concatenate([spelled, np.zeros(RUN - 1, np.uint64)])
    runs = sum((padded[at : at + len(spelled)] * _ORDER[at] for at in range(RUN)), np.zeros(1, np.uint64))
    whole = (sums[ends[last]] - sums[starts[first]]) * _DOWN[starts[first]]
    runs[first[short]] = whole[short]
    counts = np.add.reduceat(wanted, first, dtype=np.int64)
    return _mixed(runs[wanted]), np.cumsum(counts) - counts


def bands(signed: Signatures) -> Numbers:
    """Short keys of the bands of each signature, one column a band."""
    parts = signed.reshape(len(signed), BANDS, IN_BAND).astype(np.uint64)
    keys = np.zeros((len(signed), BANDS), np.uint64)
    for at in range(IN_BAND):
        keys = _mixed(keys + parts[:, :, at] * _BAND[at])
    return keys


def alike(signed: Signatures, one: Places, other: Places) -> NDArray[np.bool_]:
    """Tell of pairs of texts, by their places, whether they are alike."""
    found = np.zeros(len(one), bool)
    for at in range(0, len(one), _BLOCK):
        some = slice(at, at + _BLOCK)
        found[some] = (signed[one[some]] == signed[other[some]]).sum(axis=1) >= AGREEING
    return found


class Earlier:
    """Signatures that came before, to find one that is like the next."""

    def __init__(self) -> None:
        self.kept: list[Signatures] = []
        self.places: list[int] = []
        self.by_band: dict[tuple[int, int], list[int]] = {}

    def like(self, signature: Signatures, keys: Sequence[int], place: int) -> int:
        """The place of the first earlier signature that the next one is like, or -1; then it is kept for those after."""
        near = sorted({at for band in enumerate(keys) for at in self.by_band.get(band, ())})
        if near:
            same = (np.array([self.kept[at] for at in near]) == signature).sum(axis=1) >= AGREEING
            if same.any():
                return self.places[near[int(same.argmax())]]
        for band in enumerate(keys):
            mates = self.by_band.setdefault(band, [])
            if len(mates) < MATES:
                mates.append(len(self.kept))
        self.kept.append(signature)
        self.places.append(place)
        return -1


def first_alike(signed: Signatures) -> Places:
    """For each text the place of the first one before it that stays and is like it, -1 if it stays itself."""
    found = np.full(len(signed), -1, np.int64)
    earlier = Earlier()
    keys = bands(signed)
    for place in np.flatnonzero(_in_company(keys)).tolist():
        found[place] = earlier.like(signed[place], keys[place].tolist(), place)
    return found


def _in_company(keys: Numbers) -> NDArray[np.bool_]:
    """Which texts share a band with another one."""
    found = np.zeros(len(keys), bool)
    for at in range(BANDS):
        _unique, group, counts = np.unique(keys[:, at], return_inverse=True, return_counts=True)
        found |= counts[group] > 1
    return found


def pairs(signed: Signatures) -> tuple[Places, Places]:
    """Pairs of places of texts that are alike: enough of them to tell all that belong together."""
    keys, ones, others = bands(signed), [], []
    for at in range(BANDS):
        places = np.argsort(keys[:, at], kind="stable")
        group = keys[places, at]
        for _round in range(ROUNDS):
            places, group, one, other = _with_the_first(signed, places, group)
            ones.append(one)
            others.append(other)
            if not len(places):
                break
    return np.concatenate(ones), np.concatenate(others)


def _with_the_first(signed: Signatures, places: Places, group: Numbers) -> tuple[Any, Any, Any, Any]:
    """Compare all texts of each group with its first; those unlike it are left for another round."""
    if not len(places):
        return places, group, places, places
    begins = np.concatenate([[True], group[1:] != group[:-1]])
    first = places[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
    same = alike(signed, first, places)
    joined = same & ~begins
    return places[~same], group[~same], first[joined], places[joined]

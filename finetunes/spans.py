"""How a stretch of a series is kept: its points without loss in few bytes, and an outline that is enough to draw it small.

A series is cut into spans of WIDTH steps. The points of a span are kept as bytes: steps that lie
equally far apart as nothing but the first and the distance, and values that do so, too; other
values in 16 or 32 bits wherever that loses nothing. A span of many points also has an outline: of every BLOCK
points the least, the greatest and the mean. The outlines of a million steps are two hundred kilobytes, the points
at most eight megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from finetunes.metrics import Series

WIDTH = 65_536
"""Steps in one span."""
BLOCK = 256
"""Points in one block of an outline."""
MANY = 4 * BLOCK
"""A span of so many points has an outline; of fewer, the points are as quickly read."""
FORMS = {"f2": ("<f2", 1.0), "i4": ("<i4", 1.0), "d5": ("<i4", 100_000.0), "f4": ("<f4", 1.0), "f8": ("<f8", 1.0)}
"""The forms of values, smallest first: whole numbers, five decimals, and floating point numbers."""
CLOSE = {"i2": "i4", "d2": "d5"}
"""Forms of whole numbers and decimals that lie close together: the first in 32 bits, then the distance to the next in 16."""
EVEN = "li"
"""The form of values that grow by the same all the way, as counters do: the first, and the distance, in 64 bits each."""
SAMPLE = 64
LARGEST = 2**31 - 1
CLOSEST = 2**15 - 1


@dataclass(frozen=True, slots=True)
class Packed:
    """The points of one span. `stride` is 0 where steps are listed; listed steps are little-endian int64."""

    count: int
    first: int
    last: int
    stride: int
    form: str
    steps: bytes
    values: bytes


class Row(Protocol):
    """A packed span, or a database's row of one."""

    @property
    def count(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def stride(self) -> int: ...
    @property
    def form(self) -> str: ...
    @property
    def steps(self) -> Any: ...
    @property
    def values(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Outline:
    """What a drawing needs of many points: the extremes of each block, and how many lie around each mean.

    `steps` of the means are the middles of their blocks.
    """

    count: int
    extremes: Series
    middles: NDArray[np.float64]
    means: NDArray[np.float64]
    weights: NDArray[np.int64]


def cut(series: Series) -> Iterator[tuple[int, Series]]:
    """Cut a series into spans: their numbers, and the points of each."""
    start = 0
    while start < len(series):
        number = int(series.steps[start]) // WIDTH
        end = int(np.searchsorted(series.steps, (number + 1) * WIDTH))
        yield number, Series(series.steps[start:end], series.values[start:end])
        start = end


def pack(series: Series) -> Packed:
    """Pack at least one point."""
    first, stride = int(series.steps[0]), _stride(series.steps)
    form, values = _form(series.values)
    steps = b"" if stride else series.steps.astype("<i8").tobytes()
    return Packed(len(series), first, int(series.steps[-1]), stride, form, steps, values)


def unpack(row: Row) -> Series:
    values = _line(row) if row.form == EVEN else _values(row)
    if row.stride:
        return Series(row.first + row.stride * np.arange(row.count, dtype=np.int64), values)
    return Series(np.frombuffer(row.steps, "<i8").astype(np.int64), values)


def _line(row: Row) -> NDArray[np.float64]:
    first, distance = np.frombuffer(row.values, "<f8", 2).tolist()
    return _grown(first, distance, row.count)


def _grown(first: float, distance: float, count: int) -> NDArray[np.float64]:
    return first + distance * np.arange(count, dtype=np.float64)


def _values(row: Row) -> NDArray[np.float64]:
    kind, scale = FORMS[CLOSE.get(row.form, row.form)]
    if row.form in CLOSE:
        first, distances = np.frombuffer(row.values, kind, 1), np.frombuffer(row.values, "<i2", offset=4)
        values = np.cumsum(np.concatenate([first, distances]), dtype=np.float64)
    else:
        values = np.frombuffer(row.values, kind).astype(np.float64)
    if scale != 1:
        values /= scale
    return values


def _stride(steps: NDArray[np.int64]) -> int:
    """Return the distance between steps if it is the same everywhere, else 0."""
    if len(steps) == 1:
        return 1
    stride = int(steps[1] - steps[0])
    even = int(steps[-1] - steps[0]) == stride * (len(steps) - 1)
    return stride if even and bool((np.diff(steps) == stride).all()) else 0


def _form(values: NDArray[np.float64]) -> tuple[str, bytes]:
    if even := _even(values):
        return EVEN, even
    sample = values[:: max(1, len(values) // SAMPLE)]
    form, found = next(
        (form, found)
        for form in FORMS
        if _fits(sample, form) is not None and (found := _fits(values, form)) is not None  # the last form fits all
    )
    for close, wide in CLOSE.items():
        if form == wide:
            distances = np.diff(found.astype(np.int64))
            if (np.abs(distances) <= CLOSEST).all():
                return close, found[:1].tobytes() + distances.astype("<i2").tobytes()
    return form, found.tobytes()


def _even(values: NDArray[np.float64]) -> bytes:
    """Return the first value and the distance between them if these tell every bit of all, else nothing."""
    if len(values) < 3:
        return b""
    with np.errstate(over="ignore", invalid="ignore"):
        first, distance = float(values[0]), float(values[1] - values[0])
        if first + distance * (len(values) - 1) != values[-1] or not _same(_grown(first, distance, len(values)), values):
            return b""
    return np.array([first, distance], "<f8").tobytes()


def _same(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether each bit is the same, so that -0.0 stays what it is."""
    return np.array_equal(one.view(np.int64), np.ascontiguousarray(other).view(np.int64))


def _fits(values: NDArray[np.float64], form: str) -> NDArray[Any] | None:
    """Return the values in this form, or None if that would change a bit of them."""
    kind, scale = FORMS[form]
    with np.errstate(over="ignore"):
        scaled = values * scale if scale != 1 else values
        if kind == "<i4":
            if not (np.abs(scaled) <= LARGEST).all():
                return None
            scaled = np.rint(scaled)
        small = scaled.astype(kind)
    return small if _same(small.astype(np.float64) / scale, values) else None


def whole(series: Series) -> Outline:
    """Return the outline that leaves nothing out: each point is a block."""
    return Outline(len(series), series, series.steps.astype(np.float64), series.values, np.ones(len(series), np.int64))


def outline(series: Series) -> Outline:
    """Outline any number of points; of few, nothing is left out."""
    if len(series) < MANY:
        return whole(series)
    starts = np.arange(0, len(series), BLOCK)
    ends = np.append(starts[1:], len(series)) - 1
    weights = ends - starts + 1
    means = np.add.reduceat(series.values, starts) / weights
    middles = (series.steps[starts] + series.steps[ends]) / 2
    places = np.unique(np.concatenate([[0, len(series) - 1], *_extremes(series.values, starts)]))
    return Outline(len(series), Series(series.steps[places], series.values[places]), middles, means, weights)


def _extremes(values: NDArray[np.float64], starts: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the places of the least and of the greatest value of each block; the last block is filled up."""
    blocks = np.pad(values, (0, -len(values) % BLOCK), mode="edge").reshape(-1, BLOCK)
    last = len(values) - 1
    return [np.minimum(starts + places, last) for places in (blocks.argmin(axis=1), blocks.argmax(axis=1))]


def encode(one: Outline) -> bytes:
    """Write an outline as bytes: how many points, extremes and means, then each as 64-bit numbers."""
    head = np.array([one.count, len(one.extremes), len(one.means)], "<i8")
    parts = [one.extremes.steps, one.extremes.values, one.middles, one.means, one.weights]
    kinds = ["<i8", "<f8", "<f8", "<f8", "<i8"]
    return head.tobytes() + b"".join(part.astype(kind).tobytes() for part, kind in zip(parts, kinds, strict=True))


def decode(data: bytes) -> Outline:
    count, extremes, means = np.frombuffer(data, "<i8", 3).tolist()
    at = 24
    parts: list[Any] = []
    for kind, length in (("<i8", extremes), ("<f8", extremes), ("<f8", means), ("<f8", means), ("<i8", means)):
        parts.append(np.frombuffer(data, kind, length, at))
        at += 8 * length
    steps, values, middles, mean, weights = parts
    return Outline(count, Series(steps, values), middles, mean, weights)


def join(parts: Iterable[Outline]) -> Outline:
    """Put outlines of spans that follow each other together; there is at least one."""
    every = list(parts)
    if len(every) == 1:
        return every[0]
    return Outline(
        sum(one.count for one in every),
        Series(*(np.concatenate([getattr(one.extremes, name) for one in every]) for name in ("steps", "values"))),
        *(np.concatenate([getattr(one, name) for one in every]) for name in ("middles", "means", "weights")),
    )

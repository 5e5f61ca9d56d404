"""TensorBoard's event file: each series as scalars over its steps.

A record is its length, a checksum of the length, an event as a protocol buffer, and a checksum of that (TFRecord with
masked CRC-32C). All records of a series whose steps take the same number of bytes are alike, so they are written as
rows of one array: a million in well under a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from finetunes import store
from finetunes.export.columns import columns
from finetunes.export.moments import Moments
from finetunes.metrics import Series
from finetunes.models import FineTune

Bytes = NDArray[np.uint8]
POLYNOMIAL = 0x82F63B78
VERSION = b"brain.Event:2"


def file_name(fine_tune: FineTune) -> str:
    """TensorBoard looks for `tfevents` in names, and takes the folder's name for the run's."""
    return f"events.out.tfevents.{int(fine_tune.created_at.timestamp())}.{fine_tune.pk}.tunedeck"


def event_file(fine_tune: FineTune) -> Iterator[bytes]:
    """Return the file piece by piece: the memory it takes does not grow with the steps."""
    names, moments = columns(fine_tune, store.series_names(fine_tune)), Moments.of(fine_tune)
    start = np.array([moments.start], dtype="<f8").view(np.uint8)
    yield _records(np.concatenate([_constant(b"\x09"), start, _constant(_field(3, VERSION))])[np.newaxis])
    for window in store.windows(fine_tune):
        for name, one in window.items():
            yield from scalars(names.get(name, name), one, moments.at(one.steps))


def scalars(tag: str, series: Series, times: NDArray[np.float64]) -> Iterator[bytes]:
    """Return the records of one series; times are seconds since 1970."""
    lengths = _lengths(series.steps)
    edges = [0, *(np.flatnonzero(np.diff(lengths)) + 1).tolist(), len(series)]
    for first, last in pairwise(edges):
        if first < last:
            part = slice(first, last)
            yield _records(_events(tag, series.steps[part], series.values[part], times[part]))


def _events(tag: str, steps: NDArray[np.int64], values: NDArray[np.float64], times: NDArray[np.float64]) -> Bytes:
    """Return events as rows: wall_time = 1, step = 2, summary = 5 with one value of tag = 1 and simple_value = 2."""
    count, label = len(steps), _field(1, tag.encode("utf-8", "replace"))
    inner = len(label) + 5
    head = b"\x0a" + _varint(inner)
    with np.errstate(over="ignore"):  # what no float32 can hold is drawn as infinite
        numbers = values.astype("<f4")
    parts = [
        _same(b"\x09", count),
        times.astype("<f8").view(np.uint8).reshape(count, 8),
        _same(b"\x10", count),
        _varints(steps),
        _same(b"\x2a" + _varint(len(head) + inner) + head + label + b"\x15", count),
        numbers.view(np.uint8).reshape(count, 4),
    ]
    return np.concatenate(parts, axis=1)


def _records(events: Bytes) -> bytes:
    """Frame each row as a record."""
    length = _constant(events.shape[1].to_bytes(8, "little"))[np.newaxis]
    head = np.concatenate([length, _checksums(length)], axis=1)
    whole = [np.repeat(head, len(events), axis=0), events, _checksums(events)]
    return np.concatenate(whole, axis=1).tobytes()


def _checksums(rows: Bytes) -> Bytes:
    """Return the masked CRC-32C of each row as four little-endian bytes."""
    table = _table()
    found = np.full(len(rows), 0xFFFFFFFF, dtype=np.uint32)
    for column in rows.T:
        found = table[(found ^ column) & 0xFF] ^ (found >> np.uint32(8))
    found = ~found
    masked = ((found >> np.uint32(15)) | (found << np.uint32(17))) + np.uint32(0xA282EAD8)
    return masked.astype("<u4").view(np.uint8).reshape(len(rows), 4)


@cache
def _table() -> NDArray[np.uint32]:
    found = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        found = np.where(found & 1, (found >> np.uint32(1)) ^ np.uint32(POLYNOMIAL), found >> np.uint32(1))
    return found.astype(np.uint32)


def _lengths(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many bytes each step takes as a varint; a negative one takes ten."""
    bounds = np.array([1 << (7 * places) for places in range(1, 9)], dtype=np.int64)
    return np.where(steps < 0, 10, np.searchsorted(bounds, steps, side="right") + 1)


def _varints(steps: NDArray[np.int64]) -> Bytes:
    """Return steps that take the same number of bytes as rows of these."""
    length = int(_lengths(steps[:1])[0])
    places = np.arange(length, dtype=np.uint64) * np.uint64(7)
    rows = ((steps.astype(np.uint64)[:, np.newaxis] >> places) & np.uint64(0x7F)).astype(np.uint8)
    rows[:, :-1] |= 0x80
    return rows


def _varint(number: int) -> bytes:
    return _varints(np.array([number], dtype=np.int64)).tobytes()


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _constant(content: bytes) -> Bytes:
    return np.frombuffer(content, np.uint8)


def _same(content: bytes, count: int) -> Bytes:
    return np.broadcast_to(_constant(content), (count, len(content)))

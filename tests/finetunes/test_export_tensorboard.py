"""The event file, record by record; tests/clients reads it with TensorBoard itself."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetunes.export import tensorboard
from finetunes.export.moments import Moments
from finetunes.metrics import series
from finetunes.models import FineTune
from tests.finetunes.exporting import START, said, succeed


def crc(data: bytes) -> int:
    """CRC-32C bit by bit, as the standard describes it."""
    found = 0xFFFFFFFF
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = (found >> 1) ^ (0x82F63B78 if found & 1 else 0)
    return found ^ 0xFFFFFFFF


def masked(data: bytes) -> int:
    found = crc(data)
    return (((found >> 15) | (found << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(data: bytes) -> Iterator[bytes]:
    """Return the events, each proven by its checksums."""
    place = 0
    while place < len(data):
        (length, head) = struct.unpack_from("<QI", data, place)
        assert head == masked(data[place : place + 8])
        event = data[place + 12 : place + 12 + length]
        (tail,) = struct.unpack_from("<I", data, place + 12 + length)
        assert tail == masked(event)
        yield event
        place += 16 + length


def varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return (number - 2**64 if number >= 2**63 else number), place


def scalar(event: bytes) -> tuple[float, int, str, float]:
    """Return wall time, step, tag and value."""
    (time,) = struct.unpack_from("<d", event, 1)
    step, place = varint(event, 10)
    assert event[place] == 0x2A
    _summary, place = varint(event, place + 1)
    _value, place = varint(event, place + 1)
    length, place = varint(event, place + 1)
    tag = event[place : place + length].decode()
    (value,) = struct.unpack_from("<f", event, place + length + 1)
    assert len(event) == place + length + 5
    return time, step, tag, value


def test_the_checksum_is_the_one_of_the_standard() -> None:
    assert crc(b"123456789") == 0xE3069283


def test_the_file_begins_with_its_version(fine_tune: FineTune) -> None:
    first, *rest = records(b"".join(tensorboard.event_file(succeed(fine_tune))))
    assert first.endswith(b"brain.Event:2")
    assert {scalar(event)[2] for event in rest} == {"train_loss", "valid_loss", "elapsed_tokens"}


def test_each_value_stands_at_its_step(fine_tune: FineTune) -> None:
    _first, *rest = records(b"".join(tensorboard.event_file(succeed(fine_tune))))
    losses = [scalar(event) for event in rest if scalar(event)[2] == "train_loss"]
    assert [(step, value) for _time, step, _tag, value in losses] == [(1, pytest.approx(0.9)), (2, 0.5), (3, 0.25)]


def test_a_step_s_time_is_the_last_that_an_event_tells(fine_tune: FineTune) -> None:
    moments = Moments.of(succeed(fine_tune))
    told = moments.at(np.array([0, 1, 2, 3, 99])) - START.timestamp()
    assert told.tolist() == [0, 10, 10, 30, 30]


def test_times_never_run_backwards(fine_tune: FineTune) -> None:
    said(fine_tune, {7: {"x": 1.0}, 2: {"x": 2.0}})
    fine_tune.events.filter(metrics__step=7).update(created_at=START)
    told = Moments.of(fine_tune).at(np.array([2, 7]))
    assert told[0] <= told[1]


def test_one_without_events_has_the_time_of_its_start(fine_tune: FineTune) -> None:
    assert Moments.of(fine_tune).at(np.array([5])).tolist() == [fine_tune.created_at.timestamp()]


@given(
    tag=st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    points=st.dictionaries(
        st.integers(-(2**53), 2**53), st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=60
    ),
)
def test_any_steps_values_and_names_come_back(tag: str, points: dict[int, float]) -> None:
    one = series(list(points), list(points.values()))
    written = b"".join(tensorboard.scalars(tag, one, np.full(len(one), 1.5)))
    assert [scalar(event) for event in records(written)] == [(1.5, step, tag, points[step]) for step in sorted(points)]


def test_what_is_too_large_for_it_is_infinite() -> None:
    written = b"".join(tensorboard.scalars("x", series([1], [1e300]), np.zeros(1)))
    assert scalar(next(records(written)))[3] == float("inf")


def test_an_empty_series_is_nothing() -> None:
    assert b"".join(tensorboard.scalars("x", series([], []), np.zeros(0))) == b""

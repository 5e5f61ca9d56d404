"""A stretch of a series is packed without loss, and its outline leaves out nothing that sticks out."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as some

from finetunes import metrics, spans
from finetunes.metrics import Series

floats = st.floats(allow_nan=False, allow_infinity=False)
odd = st.one_of(
    floats,
    st.sampled_from([-0.0, 0.0, 1e300, -1e300, 5e-324, 6e-05, 2.0**31, -(2.0**31), 2.0**31 - 1, 21474.83648]),
    st.integers(-(10**6), 10**6).map(lambda whole: whole / 100_000),
)


def there_and_back(series: Series) -> Series:
    """Through bytes, as a database gives them back."""
    packed = spans.pack(series)
    return spans.unpack(
        SimpleNamespace(**asdict(packed) | {"steps": memoryview(packed.steps), "values": memoryview(packed.values)})
    )


def long(values: Any, first: int = 1) -> Series:
    return Series(np.arange(first, first + len(values), dtype=np.int64), np.asarray(values, dtype=np.float64))


class TestPacking:
    @given(values=st.lists(odd, min_size=1, max_size=40), stride=st.integers(1, 2**40), first=st.integers(-(2**50), 2**50))
    def test_even_steps_and_any_values_come_back_bit_by_bit(self, values: list[float], stride: int, first: int) -> None:
        series = Series(first + stride * np.arange(len(values)), np.array(values))
        found = there_and_back(series)
        assert found.steps.tolist() == series.steps.tolist()
        assert found.values.tobytes() == series.values.tobytes()

    @given(steps=st.lists(st.integers(-(2**53), 2**53), min_size=1, max_size=40, unique=True))
    def test_uneven_steps_come_back(self, steps: list[int]) -> None:
        series = metrics.series(sorted(steps), np.arange(len(steps)) / 3)
        assert there_and_back(series).steps.tolist() == sorted(steps)

    @pytest.mark.parametrize(
        ("values", "form"),
        [
            ([2049, 2051, 2000], "i2"),
            ([2049, 70_000_001, -5], "i4"),
            ([0.12345, 6e-05, 0.2], "d2"),
            ([0.12345, 6e-05, -1.5], "d5"),
            ([0.25, 0.75, 0.0], "f2"),
            ([0.5**30, 0.25], "f4"),
            ([1 / 3], "f8"),
            ([-0.0, 1.0], "f2"),
            ([2.0**40], "f4"),
            ([2.0**40 + 1], "f8"),
        ],
    )
    def test_values_take_no_more_room_than_they_need(self, values: list[float], form: str) -> None:
        assert spans.pack(long(values)).form == form

    def test_even_steps_take_no_room(self) -> None:
        packed = spans.pack(Series(np.arange(1, 65_536, 8), (np.arange(8192) % 7).astype(np.float64)))
        assert (packed.steps, packed.stride, packed.first, packed.last) == (b"", 8, 1, 65_529)
        assert len(packed.values) == 2 * 8192

    @given(first=odd, distance=odd, count=st.integers(3, 3000), other=st.none() | st.integers(0, 2999))
    def test_a_counter_takes_sixteen_bytes_and_comes_back_bit_by_bit(
        self, first: float, distance: float, count: int, other: int | None
    ) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            values = first + distance * np.arange(count, dtype=np.float64)
        if not np.isfinite(values).all():
            return
        if other is not None and other < count:
            values[other] = -0.0
        series = long(values)
        assert there_and_back(series).values.tobytes() == values.tobytes()

    @pytest.mark.parametrize("values", [[4, 8, 12], [0.0] * 5, [0.1, 0.1, 0.1], [10, 9, 8, 7]])
    def test_what_grows_by_the_same_is_kept_as_two_numbers(self, values: list[float]) -> None:
        packed = spans.pack(long(values))
        assert (packed.form, len(packed.values)) == (spans.EVEN, 16)

    @pytest.mark.parametrize("values", [[0.0, 0.0, -0.0], [0.0, -0.0, 0.0], [1, 2, 3, 5], [1, 2, 4, 4, 5], [1, 2]])
    def test_what_only_nearly_does_is_not(self, values: list[float]) -> None:
        assert spans.pack(long(values)).form != spans.EVEN

    def test_a_span_is_where_its_steps_are(self) -> None:
        steps = np.array([-5, 3, spans.WIDTH - 1, spans.WIDTH, 2**50])
        found = dict(spans.cut(Series(steps, np.arange(5.0))))
        assert {number: part.steps.tolist() for number, part in found.items()} == {
            -1: [-5],
            0: [3, spans.WIDTH - 1],
            1: [spans.WIDTH],
            2**50 // spans.WIDTH: [2**50],
        }
        assert dict(spans.cut(metrics.series([], []))) == {}


class TestOutline:
    @settings(max_examples=40)
    @given(length=st.integers(1, 3000), seed=st.integers(0, 99), spike=st.floats(0, 1))
    def test_it_keeps_first_last_every_spike_and_all_of_the_mean(self, length: int, seed: int, spike: float) -> None:
        values = np.random.default_rng(seed).normal(0, 1, length)
        values[round(spike * (length - 1))] = 99.0
        series = long(values)
        found = spans.outline(series)
        assert found.count == length
        assert (np.diff(found.extremes.steps) > 0).all()
        assert found.extremes.steps[[0, -1]].tolist() == [1, length]
        kept = dict(zip(found.extremes.steps.tolist(), found.extremes.values.tolist(), strict=True))
        assert kept.items() <= dict(zip(series.steps.tolist(), values.tolist(), strict=True)).items()
        assert (max(kept.values()), min(kept.values())) == (values.max(), values.min())
        assert found.weights.sum() == length
        assert (found.means * found.weights).sum() / length == pytest.approx(values.mean(), abs=1e-9)

    @given(values=some.arrays(np.float64, st.integers(1, 5000), elements=st.floats(-1e6, 1e6)))
    @settings(max_examples=40)
    def test_it_comes_back_from_its_bytes(self, values: Any) -> None:
        one = spans.outline(long(values))
        found = spans.decode(spans.encode(one))
        for name in ("middles", "means", "weights"):
            assert getattr(found, name).tolist() == getattr(one, name).tolist()
        assert found.extremes.steps.tolist() == one.extremes.steps.tolist()
        assert found.extremes.values.tolist() == one.extremes.values.tolist()

    def test_joined_outlines_are_that_of_the_whole(self) -> None:
        values = np.random.default_rng(1).random(5 * spans.BLOCK * 4)
        parts = [long(part, 1 + number * spans.BLOCK * 4) for number, part in enumerate(np.split(values, 5))]
        found, one = spans.join(spans.outline(part) for part in parts), spans.outline(long(values))
        assert (found.count, found.means.tolist()) == (one.count, one.means.tolist())
        assert set(one.extremes.steps.tolist()) <= set(found.extremes.steps.tolist())

    def test_a_million_steps_are_outlined_in_little_room(self) -> None:
        parts = [spans.encode(spans.outline(part)) for _, part in spans.cut(long(np.random.default_rng(2).random(10**6)))]
        assert sum(map(len, parts)) < 250_000

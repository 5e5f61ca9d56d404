"""The same score on parts of the rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scores import slices


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 500)), min_size=16, max_size=60))
def test_every_row_is_in_one_quarter_of_the_lengths(rows: list[tuple[float, int]]) -> None:
    values, lengths = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    parts = slices.by_length(values, lengths)
    assert sum(part.figure.n for part in parts) == len(rows)
    assert 1 <= len(parts) <= slices.PARTS
    right = sum((part.figure.value or 0.0) * part.figure.n for part in parts)
    assert abs(right - values.sum()) < 1e-9


def test_a_column_is_a_slice_if_it_sorts_the_rows() -> None:
    values = np.array([1.0, 0.0] * 10)
    found = slices.by_value(values, ["north", "south"] * 10)
    assert [(one.name, one.figure.value, one.figure.n) for one in found] == [("north", 1.0, 10), ("south", 0.0, 10)]
    assert slices.by_value(values, ["same"] * 20) == []
    assert slices.by_value(values, [str(number) for number in range(20)]) == []


def test_qualities_have_an_interval_too() -> None:
    values = np.random.default_rng(0).random(40)
    [first, _second] = slices.by_value(values, ["x", "y"] * 20)
    assert first.figure.low is not None
    assert first.figure.value is not None
    assert first.figure.high is not None
    assert first.figure.low < first.figure.value < first.figure.high


def test_few_rows_are_not_cut_up() -> None:
    assert slices.by_length(np.ones(10), np.arange(10)) == []

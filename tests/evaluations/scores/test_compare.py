"""Two models on the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, wilcoxon

from evaluations.scores import compare

RIGHT = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


def arrays(rows: list[tuple[bool, bool]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=bool).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@given(RIGHT)
def test_only_rows_on_which_they_differ_decide(rows: list[tuple[bool, bool]]) -> None:
    first, second = arrays(rows)
    found = compare.right(first, second)
    mine, other = int((first & ~second).sum()), int((second & ~first).sum())
    assert (found.only_first, found.only_second) == (mine, other)
    assert found.difference == pytest.approx(second.mean() - first.mean())
    assert found.chance == (pytest.approx(binomtest(mine, mine + other).pvalue) if mine + other else 1.0)


@given(RIGHT)
def test_turned_round_it_is_the_same_with_the_other_sign(rows: list[tuple[bool, bool]]) -> None:
    first, second = arrays(rows)
    there, back = compare.right(first, second), compare.right(second, first)
    assert there.difference == pytest.approx(-back.difference)
    assert there.chance == pytest.approx(back.chance)


def test_thirty_one_rows_more_in_five_hundred_are_no_chance() -> None:
    first = np.arange(500) < 400
    second = (np.arange(500) < 395) | (np.arange(500) >= 464)
    found = compare.right(first, second)
    assert (found.only_first, found.only_second, found.rows) == (5, 36, 500)
    assert found.chance is not None
    assert found.chance < 0.001
    assert found.low is not None
    assert found.low > 0


def test_texts_are_compared_by_their_quality() -> None:
    rng = np.random.default_rng(4)
    first = rng.random(400)
    second = first + rng.normal(0.03, 0.1, 400)
    found = compare.quality(first, second)
    assert found.chance is not None
    assert found.chance < 0.01
    assert wilcoxon(second - first).pvalue < 0.01
    assert found.difference == pytest.approx(float((second - first).mean()))
    same = compare.quality(first, first)
    assert (same.difference, same.chance, same.only_first, same.only_second) == (0.0, 1.0, 0, 0)


def test_models_that_are_equally_good_are_seldom_called_different() -> None:
    rng = np.random.default_rng(6)
    by_quality = [compare.quality(*rng.random((2, 100))).chance or 0 for _ in range(60)]
    by_right = [compare.right(*(rng.random((2, 100)) < 0.7)).chance or 0 for _ in range(200)]
    assert sum(chance < 0.05 for chance in by_quality) <= 9
    assert sum(chance < 0.05 for chance in by_right) <= 16


def test_rows_that_only_one_of_them_answered_do_not_count() -> None:
    found = compare.quality(np.array([0.5, np.nan, 0.2]), np.array([0.6, 0.9, np.nan]))
    assert found.rows == 1
    nothing = np.array([], dtype=float)
    assert compare.quality(nothing, nothing).chance is None
    assert compare.right(nothing.astype(bool), nothing.astype(bool)).chance is None

"""A threshold's numbers are scikit-learn's at every place of the slider."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

from evaluations.scores import threshold
from evaluations.scores.threshold import GRID, STEPS, at, best, counted

ROWS = st.lists(
    st.tuples(st.booleans(), st.one_of(st.floats(0, 1), st.integers(0, STEPS).map(lambda step: step / STEPS))),
    min_size=1,
    max_size=50,
)


def arrays(rows: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([yes for yes, _ in rows], dtype=bool), np.array([chance for _, chance in rows], dtype=float)


@given(ROWS, st.integers(0, STEPS))
def test_the_numbers_at_a_threshold_are_those_of_scikit_learn(rows: list[tuple[bool, float]], step: int) -> None:
    yes, chances = arrays(rows)
    said = chances >= step / STEPS
    here = at(counted(yes, chances), step / STEPS)
    assert [[here.true_no, here.false_yes], [here.false_no, here.true_yes]] == confusion_matrix(
        yes, said, labels=[False, True]
    ).tolist()
    assert here.accuracy == pytest.approx(accuracy_score(yes, said))
    for mine, theirs in ((here.precision, precision_score), (here.recall, recall_score), (here.f1, f1_score)):
        value = theirs(yes, said, zero_division=np.nan)
        assert (mine is None) if np.isnan(value) else mine == pytest.approx(value)


def test_ten_thresholds_on_ten_thousand_rows() -> None:
    rng = np.random.default_rng(11)
    yes = rng.random(10_000) < 0.3
    chances = 1 / (1 + np.exp(-rng.normal(yes * 2 - 1, 1.0)))
    found = counted(yes, chances)
    for place in (0.05, 0.1, 0.2, 0.35, 0.5, 0.655, 0.7, 0.8, 0.9, 0.95):
        said, here = chances >= place, at(found, place)
        mine = (here.precision, here.recall, here.f1, here.accuracy)
        theirs = (precision_score(yes, said), recall_score(yes, said), f1_score(yes, said), accuracy_score(yes, said))
        assert mine == pytest.approx(theirs)


@given(ROWS, st.integers(0, STEPS), st.integers(0, STEPS))
def test_between_two_thresholds_a_person_decides_and_every_row_is_somewhere(
    rows: list[tuple[bool, float]], first: int, second: int
) -> None:
    yes, chances = arrays(rows)
    low, high = sorted((first / STEPS, second / STEPS))
    here = at(counted(yes, chances), low, high)
    decided = (chances < low) | (chances >= high)
    assert here.person == int((~decided).sum())
    assert here.decided + here.person == len(rows)
    assert here.true_yes == int((yes & (chances >= high)).sum())
    assert here.false_no == int((yes & (chances < low)).sum())
    assert here.to_person == pytest.approx(float((~decided).mean()))
    assert at(counted(yes, chances), high, low) == here


@settings(max_examples=40)
@given(ROWS)
def test_no_threshold_is_better_than_the_proposed_one(rows: list[tuple[bool, float]]) -> None:
    found = counted(*arrays(rows))
    proposed, dear = best(found), best(found, 5.0, 1.0)
    if proposed is None or dear is None:
        assert not found.yes.any() or not found.no.any()
        return
    others = [at(found, place) for place in GRID[::7]]
    assert (at(found, proposed).f1 or 0) >= max(other.f1 or 0 for other in others) - 1e-12
    assert at(found, dear).cost(5, 1) <= min(other.cost(5, 1) for other in others)


def test_the_proposal_is_the_middle_of_the_gap_and_follows_the_costs() -> None:
    found = counted(np.array([False, False, True, True]), np.array([0.1, 0.3, 0.7, 0.9]))
    assert best(found) == 0.5
    mixed = counted(np.array([False, True, False, True]), np.array([0.1, 0.4, 0.6, 0.9]))
    careful, eager = best(mixed, 100, 1), best(mixed, 1, 100)
    assert careful is not None
    assert eager is not None
    assert eager <= 0.4 < 0.6 < careful


def test_rows_without_a_probability_are_told_apart() -> None:
    found = counted(np.array([True, False, True]), np.array([0.9, np.nan, np.nan]))
    assert (found.rows, found.unknown) == (1, 2)
    assert best(found) is None
    assert at(found, 0.5).accuracy == 1.0
    nothing = counted(np.array([], dtype=bool), np.array([], dtype=float))
    assert at(nothing, 0.5).accuracy is at(nothing, 0.5).to_person is at(nothing, 0.5).f1 is None


def test_a_hundred_thousand_rows_are_a_few_kilobytes_for_the_page() -> None:
    rng = np.random.default_rng(2)
    found = counted(rng.random(100_000) < 0.5, rng.random(100_000))
    assert len(json.dumps(found.plain)) < 100_000 / 5


@pytest.mark.parametrize(("typed", "step"), [(0.5, 500), (-1, 0), (7, STEPS), (0.1234, 123), (float("nan"), 500)])
def test_any_number_is_taken_to_a_step(typed: float, step: int) -> None:
    assert threshold.step(typed) == step

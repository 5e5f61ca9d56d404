"""Areas under curves, and how far probabilities can be trusted, as scikit-learn has them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from evaluations.scores import calibration, ranking
from evaluations.scores.figure import NO_CHANCES, ONE_CLASS, Figure

ROWS = st.lists(
    st.tuples(st.booleans(), st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.1, 0.5, 1.0]))), min_size=2, max_size=50
).filter(lambda rows: len({yes for yes, _ in rows}) == 2)


def arrays(rows: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([yes for yes, _ in rows], dtype=bool), np.array([chance for _, chance in rows], dtype=float)


@given(ROWS)
def test_areas_and_brier_are_those_of_scikit_learn_with_ties_too(rows: list[tuple[bool, float]]) -> None:
    yes, chances = arrays(rows)
    assert ranking.auroc(yes, chances).value == pytest.approx(roc_auc_score(yes, chances))
    assert ranking.auprc(yes, chances).value == pytest.approx(average_precision_score(yes, chances))
    assert calibration.brier(yes, chances).value == pytest.approx(brier_score_loss(yes, chances))


@given(ROWS)
def test_turned_round_the_area_is_the_rest(rows: list[tuple[bool, float]]) -> None:
    yes, chances = arrays(rows)
    straight, turned = ranking.auroc(yes, chances).value, ranking.auroc(~yes, chances).value
    assert straight is not None
    assert turned == pytest.approx(1 - straight)


@given(ROWS)
def test_rows_without_a_probability_do_not_count(rows: list[tuple[bool, float]]) -> None:
    yes, chances = arrays(rows)
    more_yes, more = np.r_[yes, True, False], np.r_[chances, np.nan, np.nan]
    for score in (ranking.auroc, ranking.auprc, calibration.brier, calibration.expected_error):
        assert score(more_yes, more) == score(yes, chances)
    assert calibration.curve(more_yes, more) == calibration.curve(yes, chances)


def test_the_reliability_curve_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    chances = rng.random(2000)
    yes = rng.random(2000) < chances**2
    true, said = calibration_curve(yes, chances, n_bins=10)
    mine = calibration.curve(yes, chances)
    assert [one.true for one in mine] == pytest.approx(list(true))
    assert [one.said for one in mine] == pytest.approx(list(said))
    assert sum(one.rows for one in mine) == 2000
    error = sum(one.rows * abs(one.true - one.said) for one in mine) / 2000
    assert calibration.expected_error(yes, chances).value == pytest.approx(error)


def test_the_ends_of_the_scale_are_in_the_first_and_the_last_bin() -> None:
    mine = calibration.curve(np.array([False, True, True]), np.array([0.0, 1.0, 0.1]))
    assert [(one.low, one.high, one.rows) for one in mine] == [(0.0, 0.1, 1), (0.1, 0.2, 1), (0.9, 1.0, 1)]


def test_the_interval_is_as_wide_as_theory_says() -> None:
    """DeLong's estimate of the area's standard error."""
    rng = np.random.default_rng(5)
    yes = np.arange(1000) < 300
    chances = rng.normal(yes * 1.2, 1.0)
    figure = ranking.auroc(yes, chances)
    assert figure.low is not None
    assert figure.high is not None
    above = chances[yes][:, None] > chances[~yes][None, :]
    error = (above.mean(axis=1).var(ddof=1) / 300 + above.mean(axis=0).var(ddof=1) / 700) ** 0.5
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_one_class_or_no_probabilities_have_reasons() -> None:
    chances = np.array([0.2, 0.8])
    for score in (ranking.auroc, ranking.auprc):
        assert score(np.array([True, True]), chances) == Figure.missing(ONE_CLASS, 2)
        assert score(np.array([False, False]), chances) == Figure.missing(ONE_CLASS, 2)
    unknown, nothing = np.array([np.nan, np.nan]), np.array([], dtype=float)
    for measure in (ranking.auroc, ranking.auprc, calibration.brier, calibration.expected_error):
        assert measure(np.array([True, False]), unknown) == Figure.missing(NO_CHANCES)
        assert measure(np.array([], dtype=bool), nothing) == Figure.missing(NO_CHANCES)
    assert calibration.curve(np.array([True, False]), unknown) == []


def test_what_json_cannot_hold_is_null_and_what_was_stored_comes_back() -> None:
    assert Figure(float("nan"), 3).plain["value"] is None
    assert Figure.of(Figure(0.5, 3, 0.4, 0.6).plain) == Figure(0.5, 3, 0.4, 0.6)
    assert Figure.of({"value": 0.5, "of later days": 1}) == Figure(0.5)
    assert Figure.of(None) == Figure(None)

"""Labels are counted as scikit-learn counts them, and nothing that cannot be counted breaks anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from evaluations.scores import classes
from evaluations.scores.classes import OUTSIDE, confusion, from_cells
from evaluations.scores.figure import NEVER_SAID, NO_ROWS, ONE_CLASS

LABELS = ["bill", "repair", "other"]
PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 2)), min_size=1, max_size=60)


def arrays(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@given(PAIRS)
def test_the_numbers_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    expected, said = arrays(pairs)
    found = confusion(LABELS, expected, said)
    assert classes.accuracy(found).value == pytest.approx(accuracy_score(expected, said))
    theirs = precision_recall_fscore_support(expected, said, labels=[0, 1, 2], average="weighted", zero_division=0)
    mine = classes.weighted(found)
    assert [mine[name].value for name in ("precision", "recall", "f1")] == pytest.approx(list(theirs[:3]))


@given(PAIRS)
def test_each_class_is_measured_against_the_others_and_undefined_is_none(pairs: list[tuple[int, int]]) -> None:
    expected, said = arrays(pairs)
    theirs = precision_recall_fscore_support(expected, said, labels=[0, 1, 2], average=None, zero_division=np.nan)
    for place, mine in enumerate(classes.each(confusion(LABELS, expected, said))):
        assert (mine.label, mine.expected) == (LABELS[place], theirs[3][place])
        for figure, value in zip((mine.precision, mine.recall, mine.f1), (row[place] for row in theirs[:3]), strict=True):
            assert (figure.value is None) if np.isnan(value) else figure.value == pytest.approx(value)


@given(PAIRS)
def test_every_row_is_in_the_matrix_once(pairs: list[tuple[int, int]]) -> None:
    expected, said = arrays(pairs)
    found = confusion(LABELS, expected, said)
    theirs = confusion_matrix(expected, said, labels=[0, 1, 2, OUTSIDE])[:3]
    mine = np.zeros((3, 4), dtype=int)
    mine[found.expected, found.said] = found.counts
    assert mine.tolist() == theirs.tolist()
    assert from_cells(LABELS, found.cells).cells == found.cells
    assert found.rows == len(pairs)


@given(PAIRS)
def test_a_value_lies_in_its_interval_whose_ends_are_shares(pairs: list[tuple[int, int]]) -> None:
    found = confusion(LABELS, *arrays(pairs))
    for figure in (classes.accuracy(found), classes.outside(found), *classes.weighted(found).values()):
        assert figure.value is not None
        assert figure.low is not None
        assert figure.high is not None
        assert 0 <= figure.low <= figure.high <= 1 + 1e-12


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Of many samples of a model that is right in 8 of 10 cases, about 95 % have it in their interval."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        right = (rng.random(300) < 0.8).astype(np.int64)
        figure = classes.accuracy(confusion(["no", "yes"], np.ones(300, dtype=np.int64), right))
        assert figure.low is not None
        assert figure.high is not None
        held += figure.low <= 0.8 <= figure.high
    assert 180 <= held <= 199


def test_answers_outside_the_labels_are_counted_and_wrong() -> None:
    found = confusion(["a", "b"], np.array([0, 0, 1, 1]), np.array([0, OUTSIDE, OUTSIDE, 1]))
    assert classes.outside(found).value == 0.5
    assert classes.accuracy(found).value == 0.5
    assert classes.each(found)[0].recall.value == 0.5
    assert classes.each(found)[0].precision.value == 1.0


def test_without_rows_there_are_reasons_instead_of_numbers() -> None:
    nothing = np.array([], dtype=np.int64)
    found = confusion(LABELS, nothing, nothing)
    assert classes.each(found) == []
    figures = [classes.accuracy(found), classes.outside(found), *classes.weighted(found).values()]
    assert {(figure.value, figure.why) for figure in figures} == {(None, NO_ROWS)}


def test_a_label_that_nobody_says_or_expects_has_a_reason() -> None:
    found = classes.each(confusion(["a", "b", "c"], np.array([0, 1]), np.array([0, 0])))
    assert found[1].precision.why == NEVER_SAID
    assert found[1].recall.value == 0.0
    assert found[2].recall.why == ONE_CLASS


def test_hundreds_of_labels_on_ten_thousand_rows_take_a_moment() -> None:
    rng = np.random.default_rng(1)
    expected = rng.integers(0, 500, 10_000)
    said = np.where(rng.random(10_000) < 0.7, expected, rng.integers(-1, 500, 10_000))
    labels = [str(number) for number in range(500)]
    found = confusion(labels, expected, said)
    assert len(classes.each(found)) == 500
    assert classes.weighted(found)["f1"].value == pytest.approx(
        precision_recall_fscore_support(expected, said, labels=range(500), average="weighted", zero_division=0)[2]
    )

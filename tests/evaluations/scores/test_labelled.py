"""A whole classification is scored, with two labels or many, whatever was reported."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from evaluations.scores import labelled
from evaluations.scores.labelled import MOST_FOLLOWED, Labelled

LABELS = ["a", "b", "c"]
REPORTED = st.dictionaries(st.sampled_from([*LABELS, "other"]), st.floats(0, 1), max_size=4)
ROWS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, "", "other"]), REPORTED), max_size=25)


def made(rows: Sequence[tuple[str, str, Mapping[str, float]]], labels: list[str]) -> Labelled:
    return labelled.labelled(labels, [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])


@settings(max_examples=40, deadline=None)
@given(ROWS, st.sampled_from([LABELS, ["a", "b"], []]))
def test_whatever_comes_there_are_figures_and_json(rows: list[tuple[str, str, dict[str, float]]], labels: list[str]) -> None:
    found = made(rows, labels)
    positive = labelled.positive(found)
    figures = {name: figure.plain for name, figure in labelled.figures(found, positive).items()}
    stored = json.loads(json.dumps([figures, labelled.details(found, positive)], allow_nan=False))
    assert stored[0]["accuracy"]["n"] == len(rows)
    for figure in stored[0].values():
        assert (figure["value"] is None) == bool(figure["why"])


def test_each_label_is_ranked_against_all_others() -> None:
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.ones(3), 200)
    expected = [LABELS[rng.choice(3, p=row)] for row in shares]
    said = [LABELS[place] for place in shares.argmax(axis=1)]
    reported = [dict(zip(LABELS, row.tolist(), strict=True)) for row in shares]
    figures = labelled.figures(labelled.labelled(LABELS, expected, said, reported), "a")
    theirs = roc_auc_score(expected, shares, multi_class="ovr", average="weighted", labels=LABELS)
    assert figures["weighted_auroc"].value == pytest.approx(theirs)
    counts = [expected.count(label) for label in LABELS]
    precise = [
        average_precision_score([one == label for one in expected], shares[:, place]) for place, label in enumerate(LABELS)
    ]
    assert figures["weighted_auprc"].value == pytest.approx(np.average(precise, weights=counts))


def test_a_probability_is_a_share_of_what_was_reported_for_the_labels() -> None:
    found = made([("a", "a", {"a": 0.3, "b": 0.1, "other": 0.6}), ("b", "b", {"b": 0.2}), ("a", "", {})], ["a", "b"])
    assert found.of("a")[:2] == pytest.approx([0.75, 0.0])
    assert np.isnan(found.of("a")[2])
    assert found.sure[:2] == pytest.approx([0.75, 1.0])


def test_the_rarer_label_is_the_one_that_is_looked_for() -> None:
    assert labelled.positive(made([("a", "a", {})] * 3 + [("b", "b", {})], ["a", "b"])) == "b"
    assert labelled.positive(made([("a", "a", {})] * 3, ["a", "b"])) == "a"
    assert labelled.positive(made([], [])) == ""


def test_of_very_many_labels_the_most_frequent_are_followed() -> None:
    labels = [f"label {number}" for number in range(60)]
    rows = [(label, label, {label: 0.5}) for number, label in enumerate(labels) for _time in range(1 + number % 3)]
    found = made(rows, labels)
    assert len(found.followed) == MOST_FOLLOWED
    assert "weighted_auroc" not in labelled.figures(found, "label 0")
    assert len(labelled.details(found, "label 0")["thresholds"]) == MOST_FOLLOWED


def test_thresholds_come_back_as_they_were_counted() -> None:
    found = made([("a", "a", {"a": 0.75, "b": 0.25}), ("b", "a", {"a": 0.5, "b": 0.5}), ("a", "", {})], ["a", "b"])
    counted = labelled.counted(labelled.details(found, "a")["thresholds"]["a"])
    assert (counted.yes[750], counted.no[500], counted.unknown, counted.rows) == (1, 1, 1, 2)

"""The columns of classification: scikit-learn's numbers on random answers, and the textbook's formulas."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sklearn

from trainer import metrics

BETAS = [0.25, 0.5, 1.0, 1.5, 2.0, 5.0]
SEEDS = range(8)
Drawn = tuple[NDArray[np.bool_], NDArray[np.float64]]


def binary(seed: int) -> Drawn:
    """Draw 200 answers whose chances say something of the truth, many of them equal."""
    rng = np.random.default_rng(seed)
    true = rng.random(200) < 0.3
    chances = np.clip(rng.normal(0.35 + 0.25 * true, 0.2), 0, 1)
    return true, np.asarray(chances.round(2), dtype=np.float64)


def found(seed: int) -> tuple[Drawn, dict[str, float | None]]:
    true, chances = binary(seed)
    return (true, chances), metrics.two(true.tolist(), chances, BETAS)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_classes_are_measured_as_scikit_learn_does(seed: int) -> None:
    (true, chances), columns = found(seed)
    said = chances >= 0.5
    assert columns["classification/accuracy"] == sklearn.accuracy_score(true, said)
    assert columns["classification/precision"] == sklearn.precision_score(true, said)
    assert columns["classification/recall"] == sklearn.recall_score(true, said)
    assert columns["classification/auroc"] == sklearn.roc_auc_score(true, chances)
    assert columns["classification/auprc"] == sklearn.average_precision_score(true, chances)


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("seed", SEEDS)
def test_each_beta_has_its_f_as_scikit_learn_and_the_textbook_have_it(seed: int, beta: float) -> None:
    (true, chances), columns = found(seed)
    said = chances >= 0.5
    precision, recall = np.mean(true[said]), np.mean(said[true])
    value = columns[f"classification/f{beta}"]
    assert value == sklearn.fbeta_score(true, said, beta=beta)
    assert value == pytest.approx((1 + beta**2) * precision * recall / (beta**2 * precision + recall))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_areas_are_those_of_their_definitions(seed: int) -> None:
    (true, chances), columns = found(seed)
    pairs = chances[true][:, None] - chances[~true][None, :]
    assert columns["classification/auroc"] == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
    area = before = 0.0
    for threshold in np.unique(chances)[::-1]:
        said = chances >= threshold
        recall = float(np.mean(said[true]))
        area += (recall - before) * float(np.mean(true[said]))
        before = recall
    assert columns["classification/auprc"] == pytest.approx(area)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_weighted_f1_of_several_classes_is_scikit_learns_and_the_mean_by_support(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ["a", "b", "c", "d"]
    true = rng.choice(names, 150, p=[0.5, 0.3, 0.15, 0.05]).tolist()
    chances = rng.dirichlet(np.ones(4), 150) + 0.3 * np.array([[label == name for name in names] for label in true])
    columns = metrics.several(true, chances, names)
    said = [names[place] for place in chances.argmax(axis=1)]
    assert columns["classification/accuracy"] == sklearn.accuracy_score(true, said)
    assert columns["classification/weighted_f1_score"] == sklearn.f1_score(true, said, average="weighted")
    each = [true.count(name) * sklearn.f1_score([t == name for t in true], [s == name for s in said]) for name in names]
    assert columns["classification/weighted_f1_score"] == pytest.approx(sum(each) / 150)

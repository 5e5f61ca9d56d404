"""Classification metrics of a validation set, spelt as in the results file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.5


def columns(positive: str | None, betas: Sequence[float]) -> list[str]:
    """Return the names of the metrics, in the order of the results file."""
    if positive is None:
        return ["classification/accuracy", "classification/weighted_f1_score"]
    names = ["accuracy", "precision", "recall", "auroc", "auprc", *(f"f{float(beta)}" for beta in betas)]
    return [f"classification/{name}" for name in names]


def several(true: Sequence[str], chances: NDArray[np.float64], classes: Sequence[str]) -> dict[str, float]:
    """Measure any number of classes; `chances` has a row for each example and a column for each class."""
    from sklearn import metrics as measured  # takes a second: for those who train, not for each process that starts

    said = [classes[place] for place in chances.argmax(axis=1)]
    return {
        "classification/accuracy": float(measured.accuracy_score(true, said)),
        "classification/weighted_f1_score": float(measured.f1_score(true, said, average="weighted", zero_division=0)),
    }


def two(true: Sequence[bool], chances: NDArray[np.float64], betas: Sequence[float]) -> dict[str, float | None]:
    """Measure a positive class against the rest, by the chance of the positive class.

    The two areas say nothing when all examples are of one class: they are None then.
    """
    from sklearn import metrics as measured  # takes a second: for those who train, not for each process that starts

    said = chances >= THRESHOLD
    both = len(set(true)) == 2
    found: dict[str, float | None] = {
        "classification/accuracy": float(measured.accuracy_score(true, said)),
        "classification/precision": float(measured.precision_score(true, said, zero_division=0)),
        "classification/recall": float(measured.recall_score(true, said, zero_division=0)),
        "classification/auroc": float(measured.roc_auc_score(true, chances)) if both else None,
        "classification/auprc": float(measured.average_precision_score(true, chances)) if both else None,
    }
    for beta in betas:
        found[f"classification/f{float(beta)}"] = float(measured.fbeta_score(true, said, beta=beta, zero_division=0))
    return found

"""All scores of a classification, from what was expected, what was said and what was thought likely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluations.scores import calibration, classes, ranking, threshold
from evaluations.scores.classes import OUTSIDE
from evaluations.scores.figure import NO_CHANCES, NO_ROWS, ONE_CLASS, Figure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_FOLLOWED = 20
"""Labels whose probabilities are looked at one by one: those that are expected most often."""


@dataclass(frozen=True)
class Labelled:
    """Rows of a classification. A probability is a share of what was reported for the known labels."""

    labels: tuple[str, ...]
    expected: Ints  # of each row, the place of a label
    said: Ints  # of each row, the place of a label or OUTSIDE
    followed: tuple[str, ...]  # the labels that `chances` has columns for
    chances: Floats  # rows × followed; NaN where nothing was reported
    sure: Floats  # of each row, the probability of the label that was said; NaN where nothing was reported

    def is_yes(self, label: str) -> NDArray[np.bool_]:
        return np.equal(self.expected, self.labels.index(label))

    def of(self, label: str) -> Floats:
        return self.chances[:, self.followed.index(label)]

    @cached_property
    def areas(self) -> dict[str, tuple[Figure, Figure]]:
        """AUROC and AUPRC of each followed label against all others; of more than two labels without intervals."""
        two = len(self.labels) == 2
        return {label: ranking.areas(self.is_yes(label), self.of(label), intervals=two) for label in self.followed}


def labelled(
    labels: Sequence[str], expected: Sequence[str], said: Sequence[str], reported: Sequence[Mapping[str, float]]
) -> Labelled:
    """Take rows apart; labels that are expected but not known become known."""
    known = tuple(dict.fromkeys((*labels, *expected)))
    place = {label: number for number, label in enumerate(known)}
    wanted = np.array([place[label] for label in expected], dtype=np.int64)
    given = np.array([place.get(label, OUTSIDE) for label in said], dtype=np.int64)
    counts = np.bincount(wanted, minlength=len(known))
    followed = tuple(known[number] for number in np.argsort(-counts, kind="stable")[:MOST_FOLLOWED])
    wholes = np.array([_whole(row, place) for row in reported], dtype=np.float64)
    sure = np.array([row.get(label, 0.0) for row, label in zip(reported, said, strict=True)], dtype=np.float64)
    columns = [[row.get(label, 0.0) for row in reported] for label in followed]
    chances = np.array(columns, dtype=np.float64).reshape(len(followed), len(reported)).T
    inside = given != OUTSIDE
    return Labelled(known, wanted, given, followed, chances / wholes[:, None], np.where(inside, sure, np.nan) / wholes)


def _whole(reported: Mapping[str, float], known: Mapping[str, int]) -> float:
    return sum(chance for label, chance in reported.items() if label in known) or float("nan")


def positive(found: Labelled) -> str:
    """The label that is looked for, where nobody has said which: the rarer one."""
    counts = np.bincount(found.expected, minlength=len(found.labels))
    order = sorted(range(len(found.labels)), key=lambda place: (not counts[place], counts[place], found.labels[place]))
    return found.labels[order[0]] if order else ""


def figures(found: Labelled, positive: str) -> dict[str, Figure]:
    """Return the scores by their names, the most telling first."""
    table = classes.confusion(found.labels, found.expected, found.said)
    measured = {"accuracy": classes.accuracy(table)}
    measured |= _of_two(found, table, positive) if len(found.labels) == 2 else {}
    measured |= {f"weighted_{name}": figure for name, figure in classes.weighted(table).items()}
    measured |= {} if len(found.labels) == 2 else _areas(found)
    true, chances = trust(found, positive)
    measured["brier"] = calibration.brier(true, chances)
    measured["calibration_error"] = calibration.expected_error(true, chances)
    return measured | {"outside": classes.outside(table)}


def trust(found: Labelled, positive: str) -> tuple[NDArray[np.bool_], Floats]:
    """What is claimed to be how likely: of two labels that it is the positive one, else that the answer is right."""
    if len(found.labels) == 2 and positive in found.followed:
        return found.is_yes(positive), found.of(positive)
    return found.expected == found.said, found.sure


def details(found: Labelled, positive: str) -> dict[str, Any]:
    """Return what the page shows beside the scores, as JSON."""
    table = classes.confusion(found.labels, found.expected, found.said)
    return {
        "labels": list(found.labels),
        "cells": table.cells,
        "classes": [_of_class(found, one) for one in classes.each(table)],
        "thresholds": {label: _cells(found, label) for label in found.followed},
        "reliability": [asdict(one) for one in calibration.curve(*trust(found, positive))],
    }


def counted(stored: Mapping[str, Any]) -> threshold.Counted:
    """Read what `details` wrote of one label's thresholds."""
    yes, no = (np.zeros(threshold.STEPS + 1, dtype=np.int64) for _ in range(2))
    for step, of_yes, of_no in stored["cells"]:
        yes[step], no[step] = of_yes, of_no
    return threshold.Counted(yes, no, int(stored["unknown"]))


def _of_two(found: Labelled, table: classes.Confusion, positive: str) -> dict[str, Figure]:
    if not table.rows:
        return {name: Figure.missing(NO_ROWS) for name in ("precision", "recall", "f1", "auroc", "auprc")}
    one = classes.each(table)[found.labels.index(positive)]
    auroc, auprc = found.areas[positive]
    return {"precision": one.precision, "recall": one.recall, "f1": one.f1, "auroc": auroc, "auprc": auprc}


def _areas(found: Labelled) -> dict[str, Figure]:
    """Each label against all others, averaged by how many rows expect it; only if all labels are followed."""
    if len(found.followed) < len(found.labels):
        return {}
    return {
        "weighted_auroc": _mean(found, [found.areas[label][0] for label in found.followed]),
        "weighted_auprc": _mean(found, [found.areas[label][1] for label in found.followed]),
    }


def _mean(found: Labelled, areas: Sequence[Figure]) -> Figure:
    known = [(one.value, int(found.is_yes(label).sum())) for one, label in zip(areas, found.followed, strict=True)]
    weighed = [(value, rows) for value, rows in known if value is not None]
    total = sum(rows for _value, rows in weighed)
    if not total:
        return Figure.missing(NO_CHANCES if all(one.why == NO_CHANCES for one in areas) else ONE_CLASS)
    return Figure(sum(value * rows for value, rows in weighed) / total, total)


def _of_class(found: Labelled, one: classes.OfClass) -> dict[str, Any]:
    figures = {name: getattr(one, name).plain for name in ("precision", "recall", "f1")}
    if one.label in found.followed:
        auroc, auprc = found.areas[one.label]
        figures |= {"auroc": auroc.plain, "auprc": auprc.plain}
    return {"label": one.label, "expected": one.expected, "said": one.said, **figures}


def _cells(found: Labelled, label: str) -> dict[str, Any]:
    """Only steps with rows: as good as all rows are near 0 or 1, with most models."""
    counts = threshold.counted(found.is_yes(label), found.of(label))
    steps = np.flatnonzero(counts.yes + counts.no)
    table = np.stack([steps, counts.yes[steps], counts.no[steps]], axis=1)
    return {"cells": table.tolist(), "unknown": counts.unknown}

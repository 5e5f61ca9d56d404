"""How well a classifier does, epoch by epoch, as its provider measured it on the validation part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from finetunes import store, words
from finetunes.metrics import Series
from finetunes.models import FineTune

PREFIX = "classification/"
ORDER = ("accuracy", "weighted_f1_score", "precision", "recall", "f1.0", "auroc", "auprc")
JUDGES = ("weighted_f1_score", "f1.0", "accuracy")
"""The one number by which an epoch is called the best: the first of these that there is."""
MOST_ROWS = 200
MOST_CLASSES = 100
ENOUGH = 100
"""Examples that a class should have."""


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    label: str
    meaning: str

    @property
    def title(self) -> str:
        """A heading; a name that only the provider knows stays as it is."""
        return self.label if self.label == self.name and self.name not in ORDER else capfirst(self.label)


@dataclass(frozen=True, slots=True)
class Cell:
    text: str = "–"
    change: str = ""  # since the epoch before
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    epoch: int | None  # None where nobody says which epochs there are
    step: int
    cells: list[Cell]
    is_best: bool


@dataclass(frozen=True, slots=True)
class Class:
    label: str
    examples: int
    is_positive: bool

    @property
    def is_small(self) -> bool:
        return self.examples < ENOUGH


@dataclass(frozen=True, slots=True)
class Report:
    metrics: list[Metric]
    rows: list[Row]  # the newest, if there are very many
    left_out: int
    judge: Metric | None
    best: Row | None
    best_value: str
    positive: str
    is_binary: bool
    classes: list[Class]
    more_classes: int

    @property
    def best_is_last(self) -> bool:
        return self.best is not None and self.best is self.rows[-1]


def report(fine_tune: FineTune) -> Report:
    """Gather what was measured of the classes, and what the data has of them."""
    names = [name for name in fine_tune.summary if name.startswith(PREFIX)]
    found = {name.removeprefix(PREFIX): one for name, one in store.read_series(fine_tune, names).items()}
    positive = _positive(fine_tune)
    metrics = [metric(name, positive) for name in sorted(found, key=_order)]
    judge = next((one for name in JUDGES for one in metrics if one.name == name), next(iter(metrics), None))
    rows = _rows(fine_tune, metrics, found, judge)
    best = next((row for row in rows if row.is_best), None)
    classes = _classes(fine_tune, positive)
    return Report(
        metrics=metrics,
        rows=rows[-MOST_ROWS:],
        left_out=max(0, len(rows) - MOST_ROWS),
        judge=judge,
        best=best,
        best_value=words.percent(float(found[judge.name].values.max())) if judge else "",
        positive=positive,
        is_binary=bool(positive) or "precision" in found,
        classes=classes[:MOST_CLASSES],
        more_classes=max(0, len(classes) - MOST_CLASSES),
    )


def _rows(fine_tune: FineTune, metrics: Sequence[Metric], found: dict[str, Series], judge: Metric | None) -> list[Row]:
    """Make a row of each step at which anything was measured."""
    if judge is None:
        return []
    steps = [int(step) for step in np.unique(np.concatenate([one.steps for one in found.values()]))]
    columns = [_column(found[one.name], steps) for one in metrics]
    epochs = _epochs(fine_tune, steps)
    best = found[judge.name].steps[int(found[judge.name].values.argmax())]
    cells = zip(*columns, strict=True)
    return [
        Row(epochs[place], step, list(row), step == best) for place, (step, row) in enumerate(zip(steps, cells, strict=True))
    ]


def _column(series: Series, steps: Iterable[int]) -> list[Cell]:
    """Return a metric's cells, each with what changed since its value before."""
    values = dict(zip(series.steps.tolist(), series.values.tolist(), strict=True))
    before = dict(zip(series.steps[1:].tolist(), series.values[:-1].tolist(), strict=True))
    best = float(series.values.max()) if series.values.min() < series.values.max() else None
    return [_cell(values[step], before.get(step), best) if step in values else Cell() for step in steps]


def _cell(value: float, before: float | None, best: float | None) -> Cell:
    return Cell(words.percent(value), "" if before is None else _change(value - before), value == best)


def _change(difference: float) -> str:
    points = round(difference * 100, 1)
    return _("%(points)s points") % {"points": f"{points:+.1f}"} if points else _("no change")


def _epochs(fine_tune: FineTune, steps: Sequence[int]) -> list[int | None]:
    """Number the epochs: they are measured once each, at their end, unless the steps say otherwise."""
    whole = fine_tune.epochs or fine_tune.resolved.get("n_epochs")
    if not isinstance(whole, int) or len(steps) > whole:
        return [None] * len(steps)
    length = fine_tune.total_steps / whole if fine_tune.total_steps else None
    if length and any(abs(step / length - place) > 0.5 for place, step in enumerate(steps, start=1)):
        return [None] * len(steps)
    return list(range(1, len(steps) + 1))


def _positive(fine_tune: FineTune) -> str:
    name = "classification_positive_class"
    return str(fine_tune.resolved.get(name) or fine_tune.hyperparameters.get(name) or "")


def _classes(fine_tune: FineTune, positive: str) -> list[Class]:
    """Return the classes of the data, the most frequent first."""
    version = fine_tune.training_version
    counts = version.label_counts if version and version.is_classifier else {}
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Class(label, examples, label.strip() == positive.strip()) for label, examples in ordered]


def _order(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else ORDER.index("f1.0") if _beta(name) else len(ORDER)), name


def _beta(name: str) -> float | None:
    try:
        return float(name[1:]) if name.startswith("f") else None
    except ValueError:
        return None


def metric(name: str, positive: str) -> Metric:
    """Name a metric and say in plain words what it means."""
    return Metric(name, words.line(name), _meaning(name, positive.strip()))


def _meaning(name: str, positive: str) -> str:
    the_class = _("“%(label)s”") % {"label": positive} if positive else _("the positive class")
    known = {
        "accuracy": _("The share of the validation examples that were put into the right class."),
        "weighted_f1_score": _("F1 of each class, averaged so that a class with more examples counts for more."),
        "precision": _("Of the examples that were called %(label)s, the share that really are."),
        "recall": _("Of the examples that really are %(label)s, the share that were found."),
        "f1.0": _("Precision and recall in one number, which is low if either of them is."),
        "auroc": _(
            "How often an example of %(label)s gets a higher probability than one of the other class. Guessing gives 50 %%."
        ),
        "auprc": _(
            "Precision, averaged over all shares of %(label)s that could be found. It does not depend on a threshold."
        ),
    }
    if name in known:
        return known[name] % {"label": the_class} if "%(" in known[name] else known[name]
    if beta := _beta(name):
        return _("As F1, but recall counts %(beta)s times as much as precision.") % {"beta": f"{beta:g}"}
    return _("The provider reports this; Tunedeck shows it as it is.")

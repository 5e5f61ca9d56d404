"""How well a classifier tells its classes apart, against what it would get by always giving the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import numpy as np

from finetunes.verdict.run import Finding, Numbers, Run, tail

ACCURACY = "classification/accuracy"
LEAST_ROWS = 20
"""With fewer validation examples an accuracy says nothing."""
USUAL_ROWS = 100
"""Taken for the number of validation examples where nobody here knows it."""
UNSURE = 2.0
"""Standard errors by which an accuracy must lie above the largest class's share."""
FELL = 0.02
"""An accuracy that is lower by less than two in a hundred has not fallen."""
GAP = 0.1
"""F1 is far below the accuracy from ten in a hundred on."""
POOR = 0.6
"""A recall or a precision below this is poor, if the other one is better by GAP."""
RANKS = 0.85
"""From this area under ROC on the model orders well, whatever it decides at 0.5."""
FEW = 20
"""A class with fewer examples than this has too few."""
LEFT_BEHIND = 5
"""So does one below ENOUGH of which the middle class has this many times more."""
ENOUGH = 100
"""Of a class with so many examples there are enough to begin with, as datasets are advised too."""
NAMED = 3


def classes(run: Run) -> Iterator[Finding]:
    yield from _few(run)
    found = _accuracy(run)
    if found is None or not (len(run.classes) > 1 or run.ways):
        return
    accuracy, error, numbers = found
    auroc = _last(run, "classification/auroc")
    numbers |= {"accuracy": accuracy, "auroc": auroc, **_largest(run)}
    bound = numbers["share"] + max(error, 0.01)
    yield Finding(_kind(run, accuracy, bound, auroc), numbers)
    yield from _fell(run, numbers)
    yield from _of_the_positive(run, numbers, ranks=auroc is not None and auroc >= RANKS and accuracy > bound)


def _kind(run: Run, accuracy: float, bound: float, auroc: float | None) -> str:
    if bound >= 0.99:
        return "lopsided"
    if accuracy <= bound:
        return "threshold" if auroc is not None and auroc >= RANKS else "guessing"
    known = len(run.classes) > 1 or (auroc is not None and auroc >= RANKS)
    return "told-apart" if known else "right"


def accuracy_held(run: Run) -> bool:
    """Whether more than one accuracy was measured, and the last is as good as the best, as far as can be told."""
    series = run.series.get(ACCURACY)
    return series is not None and len(series) > 1 and not list(_fell(run, {}))


def accuracy_rose(run: Run, step: int) -> bool:
    """Whether a classifier still got better after the epoch in which its loss had settled."""
    series = run.series.get(ACCURACY)
    if series is None or len(series) < 2:
        return False
    place = min(int(series.steps.searchsorted(step)), len(series) - 1)
    return float(series.values[-1] - series.values[place]) > FELL


def _accuracy(run: Run) -> tuple[float, float, Numbers] | None:
    """The share of right answers, by how much chance may move that of a guess, and what it rests on."""
    rows = run.validation_examples
    if rows is not None and 0 < rows < LEAST_ROWS:
        return None
    share = _largest(run)["share"]
    if (last := _last(run, ACCURACY)) is not None:
        error = UNSURE * float(np.sqrt(share * (1 - share) / (rows or USUAL_ROWS)))
        return last, error, {"name": ACCURACY, "rows": rows, "of": 1}
    for name in ("validation_sequence_accuracy", *(["validation_token_accuracy"] if run.one_token else [])):
        series = run.series.get(name)
        if series is not None and len(series) >= LEAST_ROWS:
            mean, spread, count = tail(series)
            return mean, UNSURE * spread, {"name": name, "rows": rows, "of": count}
    return None


def _largest(run: Run) -> Numbers:
    """The most frequent label and its share; where the data is not known, what one of so many classes has at least."""
    if len(run.classes) < 2:
        return {"largest": "", "ways": run.ways, "share": 1 / run.ways if run.ways else 0.0}
    label = max(run.classes, key=lambda one: run.classes[one])
    return {"largest": label, "share": run.classes[label] / max(1, sum(run.classes.values()))}


def _last(run: Run, name: str) -> float | None:
    series = run.series.get(name)
    return series.last() if series is not None else None


def _fell(run: Run, numbers: Numbers) -> Iterator[Finding]:
    """The accuracy was better after an earlier epoch, by more than so many examples can move it by chance."""
    series = run.series.get(ACCURACY)
    if series is None or len(series) < 2:
        return
    place, last = int(series.values.argmax()), float(series.values[-1])
    best, step = float(series.values[place]), int(series.steps[place])
    chance = 2.5 * float(np.sqrt(2 * best * max(1 - best, 0.01) / (run.validation_examples or USUAL_ROWS)))
    if best - last > max(FELL, chance):
        epochs = run.epochs_until(step) or place + 1
        yield Finding("accuracy-fell", numbers | {"best": best, "last": last, "best_step": step, "best_epochs": epochs})


def _of_the_positive(run: Run, numbers: Numbers, *, ranks: bool) -> Iterator[Finding]:
    """What an accuracy hides: the positive class is missed, or cried too often; rare classes are given up."""
    recall, precision = (_last(run, f"classification/{name}") for name in ("recall", "precision"))
    weighted, f1 = _last(run, "classification/weighted_f1_score"), _last(run, "classification/f1.0")
    accuracy = numbers["accuracy"]
    both = numbers | {"recall": recall, "precision": precision, "f1": weighted if f1 is None else f1}
    both["positive"] = run.positive
    both["auroc"] = numbers["auroc"] if ranks else None
    if recall is not None and recall < POOR and (precision is None or precision == 0 or precision - recall > GAP):
        yield Finding("recall-low", both)
    elif precision is not None and recall is not None and precision < POOR and recall - precision > GAP:
        yield Finding("precision-low", both)
    elif both["f1"] is not None and numbers["name"] == ACCURACY and accuracy - both["f1"] > GAP:
        yield Finding("f1-low", both)


def _few(run: Run) -> Iterator[Finding]:
    """Classes with too few examples to be learned, the rarest first."""
    if len(run.classes) < 2:
        return
    middle = median(run.classes.values())
    few = [
        label
        for label, count in sorted(run.classes.items(), key=lambda one: one[1])
        if count < FEW or (count < ENOUGH and count * LEFT_BEHIND <= max(middle, _most(run) if len(run.classes) < 3 else 0))
    ]
    if few:
        rare = [[label, run.classes[label]] for label in few[:NAMED]]
        yield Finding(
            "few-in-class", {"rare": rare, "more": len(few) - len(rare), "middle": int(middle), "most": _most(run)}
        )


def _most(run: Run) -> int:
    return max(run.classes.values())

"""Runs whose course is known: a curve, and the noise with which a provider reports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetunes.metrics import Series, series
from finetunes.verdict.run import Run

Values = NDArray[np.float64]
Shape = Callable[[Values], Values]
"""A loss over the course of a run, from 0 to 1."""


def good(x: Values) -> Values:
    """It falls within the first tenth, and stays."""
    return 0.25 + 2.0 * np.exp(-x / 0.04)


def rising(x: Values) -> Values:
    """It falls, is best at a third, and more than doubles after that."""
    return good(x) + 0.6 * np.maximum(0.0, x - 1 / 3)


def falling(x: Values) -> Values:
    return 2.0 * np.exp(-1.8 * x)


def flat(x: Values) -> Values:
    return np.full_like(x, 1.4)


def memorized(x: Values) -> Values:
    return 1.4 * np.exp(-4 * x)


def exploding(x: Values) -> Values:
    return np.where(x > 0.6, 3.5, good(x))


def gaussian(generator: np.random.Generator, means: Values) -> Values:
    return np.maximum(means * (1 + generator.normal(0, 0.25, len(means))), 1e-5)


def skewed(generator: np.random.Generator, means: Values) -> Values:
    """As batches of one are: most are far below the mean, few far above."""
    return np.asarray(means * np.exp(generator.normal(0, 0.8, len(means)) - 0.32), dtype=np.float64)


def run(
    seed: int,
    validation: Shape | None,
    training: Shape | None = None,
    *,
    noise: Callable[[np.random.Generator, Values], Values] = skewed,
    steps: int = 1600,
    epochs: int = 4,
    whole: bool = False,
    **known: Any,
) -> Run:
    """Report a run of this shape: training at every step, validation at every eighth or once an epoch."""
    generator, step = np.random.default_rng(seed), np.arange(1, steps + 1)
    shape = training or validation or good
    found: dict[str, Series] = {"training_loss": series(step, noise(generator, shape(step / steps)))}
    found["elapsed_examples"] = series(step, step)
    if validation is not None and whole:
        ends = np.linspace(steps / epochs, steps, epochs).astype(np.int64)
        exact = validation(ends / steps) * (1 + generator.normal(0, 0.01, epochs))
        found["full_validation_loss"] = series(ends, exact)
    elif validation is not None:
        places = step[::8]
        found["validation_loss"] = series(places, noise(generator, validation(places / steps)))
    facts: dict[str, Any] = {"status": "succeeded", "series": found, "epochs": epochs} | known
    return Run(**facts)


def classified(
    accuracies: list[float],
    classes: dict[str, int],
    rows: int = 200,
    *,
    metrics: dict[str, list[float]] | None = None,
    positive: str = "",
) -> Run:
    """A good run of a classifier, with these accuracies (and other metrics) at the ends of its epochs."""
    base = run(1, good, epochs=len(accuracies))
    ends = np.linspace(1600 / len(accuracies), 1600, len(accuracies)).astype(np.int64)
    named = {"accuracy": accuracies, **(metrics or {})}
    measured = {f"classification/{name}": series(ends, values) for name, values in named.items()}
    return Run(
        status="succeeded",
        series={**base.series, **measured},
        epochs=len(accuracies),
        classes=classes,
        validation_examples=rows,
        positive=positive,
    )

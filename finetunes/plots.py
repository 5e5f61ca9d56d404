"""Which series share a chart, and how many points of each are drawn. Arithmetic only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from tsdownsample import MinMaxDownsampler

from finetunes.metrics import COUNTERS, Series

MOST_POINTS = 2000
MOST_SMOOTH = 500
FEW_TO_SMOOTH = 64
PARTS = {
    "full_validation_": "full validation",
    "full_valid_": "full validation",
    "training_": "training",
    "train_": "training",
    "validation_": "validation",
    "valid_": "validation",
}
"""What a column's name begins with, and which rows it was measured on."""
FIRST = ("loss", "sequence_accuracy", "token_accuracy", "classification")


@dataclass(frozen=True, slots=True)
class Line:
    series: str
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """One chart: a key that is safe in an address, what it measures, and its lines in order."""

    key: str
    measure: str
    lines: tuple[Line, ...]

    @property
    def is_share(self) -> bool:
        """Whether its values lie between 0 and 1."""
        return "accuracy" in self.measure or self.measure == "classification"


def arrange(names: Iterable[str]) -> list[Plot]:
    """Put training and validation of one measure together, and all classification columns."""
    groups: dict[str, list[Line]] = {}
    for name in sorted(names, key=_line_order):
        if name not in COUNTERS:
            measure, label = split(name)
            groups.setdefault(measure, []).append(Line(name, label))
    measures = sorted(groups, key=_plot_order)
    return [Plot(_slug(one), one, tuple(groups[one])) for one in measures]


def split(name: str) -> tuple[str, str]:
    """Return the measure and the line's label of a series: `training_loss` is loss, training."""
    if name.startswith("classification/"):
        return "classification", name.removeprefix("classification/")
    for prefix, part in PARTS.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            return name.removeprefix(prefix), part
    return name, name


def reduce(series: Series, most: int = MOST_POINTS) -> Series:
    """Return at most `most` points: the first, the last, and the least and greatest of each bucket.

    Every bucket keeps both extremes, so a spike of a single step is always drawn.
    """
    if len(series) <= most:
        return series
    inner = most - 2 - most % 2
    sampler = MinMaxDownsampler()  # type: ignore[no-untyped-call]
    chosen = sampler.downsample(series.steps, series.values, n_out=inner).astype(np.int64)
    places = np.union1d(chosen, [0, len(series) - 1])
    return Series(series.steps[places], series.values[places])


def smooth(series: Series) -> Series | None:
    """Return the moving average of a long series, to be drawn over it; None if it is short enough to be read.

    The span doubles as the series doubles, so that a growing curve keeps its shape between two looks.
    """
    if len(series) < FEW_TO_SMOOTH:
        return None
    span = 2 ** (len(series).bit_length() - 1) // 16
    means = pl.Series(series.values).ewm_mean(span=span, adjust=True).to_numpy()
    places = np.unique(np.linspace(0, len(series) - 1, min(len(series), MOST_SMOOTH)).astype(np.int64))
    return Series(series.steps[places], means[places])


def spark(series: Series, points: int = 24) -> list[float]:
    """Return a few means that show the course of a series."""
    if not len(series):
        return []
    parts = np.array_split((smooth(series) or series).values, min(points, len(series)))
    return [round(float(part.mean()), 6) for part in parts]


def _line_order(name: str) -> tuple[int, str]:
    parts = list(dict.fromkeys(PARTS.values()))
    label = split(name)[1]
    order = {"training": 0, "validation": 1, "full validation": 2, "accuracy": 0}
    return order.get(label, len(parts)), name


def _plot_order(measure: str) -> tuple[int, str]:
    return (FIRST.index(measure) if measure in FIRST else len(FIRST)), measure


def _slug(measure: str) -> str:
    """Keep keys apart even where their letters are the same once the rest is dropped."""
    plain = re.sub(r"[^a-z0-9]+", "-", measure.lower()).strip("-")
    if plain == measure.replace("_", "-"):
        return plain[:80]
    return f"{plain[:60]}-{sum(ord(char) * (place + 1) for place, char in enumerate(measure)):x}".strip("-")

"""Which series share a chart, and how many points of each are drawn. Arithmetic only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from finetunes.metrics import COUNTERS, Series
from finetunes.spans import Outline, whole

MOST_POINTS = 2000
MOST_SMOOTH = 500
MOST_LINES = 20
FEW_TO_SMOOTH = 64
FEWEST_TO_BOUND = 50
FLAT = 4.0
ROOM = 0.15
PARTS = {
    "full_validation_": "full validation",
    "full_valid_": "full validation",
    "training_": "training",
    "train_": "training",
    "validation_": "validation",
    "valid_": "validation",
    "train/": "training",
    "eval/": "validation",
    "eval_": "validation",
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
    """Return at most `most` points: the first, the last, and the least and greatest of each pixel's worth of steps.

    Every pixel keeps both extremes, so a spike of a single step is always drawn. (Methods that
    choose for the look of the whole line, LTTB and MinMaxLTTB among them, drop some of them.)
    """
    if len(series) <= most:
        return series
    inner = most - 2 - most % 2
    sampler = MinMaxDownsampler()  # type: ignore[no-untyped-call]
    chosen = sampler.downsample(series.steps, series.values, n_out=inner).astype(np.int64)
    places = np.union1d(chosen, [0, len(series) - 1])
    return Series(series.steps[places], series.values[places])


def within(series: Series, first: float, last: float) -> Series:
    """Return the points of a range of steps, and the one before and after it, to which the line goes."""
    start = max(0, int(np.searchsorted(series.steps, first)) - 1)
    end = int(np.searchsorted(series.steps, last, side="right")) + 1
    return Series(series.steps[start:end], series.values[start:end])


def count_within(outline: Outline, first: float, last: float) -> int:
    """Count the points of a range; a block that lies across its end counts if its middle is inside."""
    start, end = np.searchsorted(outline.middles, first), np.searchsorted(outline.middles, last, side="right")
    return int(outline.weights[start:end].sum())


def moving_mean(outline: Outline, width: float, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at each of these steps the mean of all points that lie at most half of `width` steps away.

    At both ends of a series the window becomes shorter, so the line has no start from nowhere and no lag.
    """
    middles = outline.middles
    if len(middles) == 1:
        return np.full(len(at), outline.means[0])
    edges = np.concatenate([middles[:1], (middles[1:] + middles[:-1]) / 2, middles[-1:]])
    counts = np.concatenate([[0.0], np.cumsum(outline.weights, dtype=np.float64)])
    sums = np.concatenate([[0.0], np.cumsum(outline.means * outline.weights)])
    low, high = (np.clip(at + side * width / 2, edges[0], edges[-1]) for side in (-1, 1))
    many = np.interp(high, edges, counts) - np.interp(low, edges, counts)
    total = np.interp(high, edges, sums) - np.interp(low, edges, sums)
    nearest = outline.means[np.clip(np.searchsorted(edges, at, side="right") - 1, 0, len(middles) - 1)]
    return np.where(many > 0, total / np.where(many > 0, many, 1), nearest)


def smooth(series: Series) -> Series | None:
    """Return the moving average of a long series, to be drawn over it; None if it is short enough to be read."""
    if len(series) < FEW_TO_SMOOTH:
        return None
    at = np.unique(np.linspace(series.steps[0], series.steps[-1], min(len(series), MOST_SMOOTH)).round())
    width = float(series.steps[-1] - series.steps[0]) / 16
    return Series(at.astype(np.int64), moving_mean(whole(series), width, at))


def bounds(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the range of 96 of 100 drawn values, with room, if the rest would press them into a quarter of the height.

    None if the whole range shows them well. A side that lies close is not cut; what is never negative starts at 0.
    """
    if len(values) < FEWEST_TO_BOUND:
        return None
    low, high = (float(edge) for edge in np.quantile(values, [0.02, 0.98]))
    least, most = float(values.min()), float(values.max())
    if least >= 0:
        low = least = 0.0
    height = high - low
    if height <= 0 or most - least <= FLAT * height:
        return None
    room = ROOM * height
    return least if low - least <= height else low - room, most if most - high <= height else high + room


def spark(outline: Outline, points: int = 24) -> list[float]:
    """Return a few means that show the course of a series."""
    counts = np.concatenate([[0.0], np.cumsum(outline.weights, dtype=np.float64)])
    sums = np.concatenate([[0.0], np.cumsum(outline.means * outline.weights)])
    parts = min(points, outline.count)
    edges = np.linspace(0, counts[-1], parts + 1)
    means = np.diff(np.interp(edges, counts, sums)) / np.diff(edges) if parts else np.array([])
    return [round(float(mean), 6) for mean in means]


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

"""A fine-tune's charts as data: the drawing, the table of the same numbers, and all of them as CSV."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from django.utils.translation import gettext as _

from finetunes import store, words
from finetunes.charts import axes, plotting
from finetunes.charts.along import Along
from finetunes.charts.plots import MOST_LINES, Plot, arrange, reduce
from finetunes.models import FineTune
from finetunes.store import Extent
from teams.sheet import neutral

MOST_ROWS = 500
SMOOTHING = 0.05
MOST_TOGETHER = 8
"""Charts in one answer."""


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody looks at: a range of the axis, on so many pixels, smoothed by a share of the whole run."""

    axis: str = "steps"
    start: float | None = None
    end: float | None = None
    width: int = 1000
    smoothing: float = SMOOTHING


@dataclass(frozen=True, slots=True)
class Table:
    head: list[str]
    rows: list[tuple[int, list[str]]]
    steps: int

    @property
    def is_reduced(self) -> bool:
        return self.steps > len(self.rows)


def find(fine_tune: FineTune, key: str) -> Plot | None:
    return next((plot for plot in arrange(store.series_names(fine_tune)) if plot.key == key), None)


def draw_all(fine_tune: FineTune, keys: Sequence[str], look: Look) -> list[plotting.Drawing] | None:
    """Draw the plots with these keys, in their order; None if they are too many, or one is not there or asked for twice."""
    extents = store.extents(fine_tune)
    there = {plot.key: plot for plot in arrange(extents)}
    if len(keys) > MOST_TOGETHER or len(set(keys)) < len(keys) or not there.keys() >= set(keys):
        return None
    return [_draw(fine_tune, there[key], look, extents) for key in keys]


def draw(fine_tune: FineTune, plot: Plot, look: Look | None = None) -> plotting.Drawing:
    """Draw a plot: of a range only what lies in it is read, and of a wide one only the outlines."""
    return _draw(fine_tune, plot, look or Look(), store.extents(fine_tune))


def _draw(fine_tune: FineTune, plot: Plot, look: Look, extents: Mapping[str, Extent]) -> plotting.Drawing:
    names = [one.series for one in plot.lines[:MOST_LINES]]
    whole = _extent([one for name, one in extents.items() if name in names])
    smoothing = look.smoothing * (whole.last - whole.first)
    rough = _rough_axis(fine_tune, look.axis)
    first, last = (None if at is None else rough.step(at) for at in (look.start, look.end))
    start, end = whole.first if first is None else int(first), whole.last if last is None else int(last) + 1
    found = store.read_range(fine_tune, _wanted(extents, names, look), start, end, int(smoothing / 2) + 1)
    along = axes.along(fine_tune, look.axis, found) if look.axis in axes.COUNTERS else rough
    traces = [plotting.Trace(words.line(one.label), found[one.series]) for one in plot.lines if one.series in found]
    return plotting.draw(
        traces,
        step_title=axes.titles()["steps"],
        smoothed=_("{line}, smoothed"),
        share=plot.is_share,
        view=plotting.View(first, last, 2 * look.width, smoothing),
        along=along,
        marks=axes.epochs(fine_tune, whole.last),
        steps=whole.count,
    )


def _extent(extents: Sequence[Extent]) -> Extent:
    """Return the first and the last step of all, and how many the longest has."""
    every = extents or [Extent(0, 0, 0)]
    return Extent(min(one.first for one in every), max(one.last for one in every), max(one.count for one in every))


def _wanted(extents: Mapping[str, Extent], names: Collection[str], look: Look) -> dict[str, Extent]:
    """Choose the series to be drawn, and what they are drawn along."""
    return {name: one for name, one in extents.items() if name in names or name == axes.COUNTERS.get(look.axis)}


def _rough_axis(fine_tune: FineTune, axis: str) -> Along:
    """Return the axis as closely as it need be known to find the steps of a range."""
    counters = [axes.COUNTERS[axis]] if axis in axes.COUNTERS else []
    return axes.along(fine_tune, axis, store.read_outlines(fine_tune, counters) if counters else {})


def table(fine_tune: FineTune, plot: Plot) -> Table:
    """Return the chart's numbers, step by step; of a long one those steps that show its extremes."""
    found = store.read_outlines(fine_tune, [one.series for one in plot.lines])
    lines = [one for one in plot.lines if one.series in found]
    kept = [reduce(found[one.series].extremes, MOST_ROWS) for one in lines]
    steps = np.unique(np.concatenate([one.steps for one in kept])) if kept else np.array([], dtype=np.int64)
    columns = [dict(zip(one.steps.tolist(), one.values.tolist(), strict=True)) for one in kept]
    rows = [(step, [_cell(column.get(step)) for column in columns]) for step in steps.tolist()]
    longest = max((found[one.series].count for one in lines), default=0)
    return Table([words.line(one.label) for one in lines], rows, longest)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def csv(fine_tune: FineTune, plot: Plot) -> bytes:
    """Return all steps of a chart, one row each; a column's name is never a formula."""
    found = store.read_series(fine_tune, [one.series for one in plot.lines])
    steps = np.unique(np.concatenate([one.steps for one in found.values()])) if found else np.array([], np.int64)
    columns = [pl.Series("step", steps)]
    for line in plot.lines:
        if line.series in found:
            values = np.full(len(steps), np.nan)
            values[np.searchsorted(steps, found[line.series].steps)] = found[line.series].values
            columns.append(pl.Series(neutral(line.series), values).fill_nan(None))
    return pl.DataFrame(columns).write_csv().encode()

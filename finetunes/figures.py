"""A fine-tune's charts as data: the drawing, and the table of the same numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from finetunes import charts, store, words
from finetunes.models import FineTune
from finetunes.plots import Plot, arrange, reduce

MOST_ROWS = 500


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


def draw(fine_tune: FineTune, plot: Plot) -> charts.Drawing:
    found = store.read_series(fine_tune, [one.series for one in plot.lines])
    traces = [charts.Trace(words.line(one.label), found[one.series]) for one in plot.lines if one.series in found]
    return charts.draw(traces, step_title=_("step"), smoothed=_("{line}, smoothed"), share=plot.is_share)


def table(fine_tune: FineTune, plot: Plot) -> Table:
    """Return the chart's numbers, step by step; of a long one those steps that show its extremes."""
    found = store.read_series(fine_tune, [one.series for one in plot.lines])
    lines = [one for one in plot.lines if one.series in found]
    kept = [reduce(found[one.series], MOST_ROWS) for one in lines]
    steps = np.unique(np.concatenate([one.steps for one in kept])) if kept else np.array([], dtype=np.int64)
    columns = [dict(zip(one.steps.tolist(), one.values.tolist(), strict=True)) for one in kept]
    rows = [(step, [_cell(column.get(step)) for column in columns]) for step in steps.tolist()]
    longest = max((len(found[one.series]) for one in lines), default=0)
    return Table([words.line(one.label) for one in lines], rows, longest)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"

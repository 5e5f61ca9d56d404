"""One metric of several runs: over steps, over the share of each run, or over what it had seen by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from finetunes import store, words
from finetunes.charts.plotting import TONES
from finetunes.compare.measures import Measure
from finetunes.metrics import Series
from finetunes.models import FineTune

COLOURS = TONES | {"series-7": "#0f7285", "series-8": "#5b6470", "series-9": "#5c7a00", "series-10": "#b8357a"}
DASHES = ("solid", "dash", "dot")
ROWS = 20
"""Rows of the table between its first and its last."""

Axis = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """A run's values over x; x ascends. Its place gives it a colour and, from the eleventh on, dashes."""

    run: FineTune
    place: int
    x: Axis
    y: Axis

    @property
    def tone(self) -> str:
        return tone(self.place)

    @property
    def dash(self) -> str:
        return dash(self.place)

    def at(self, places: NDArray[Any]) -> Curve:
        return replace(self, x=self.x[places], y=self.y[places])


@dataclass(frozen=True, slots=True)
class Overlay:
    measure: Measure
    axis: str
    curves: list[Curve]
    missing: list[FineTune]
    """Runs that have no such metric, or nothing by which to place it on this axis."""


@dataclass(frozen=True, slots=True)
class Table:
    head: list[str]
    rows: list[tuple[str, list[str]]]


def axes() -> dict[str, str]:
    """The horizontal axes by key, with their titles."""
    return {
        "step": _("step"),
        "share": _("share of the run"),
        "elapsed_examples": _("examples seen"),
        "elapsed_tokens": _("tokens seen"),
    }


def tone(place: int) -> str:
    return list(COLOURS)[place % len(COLOURS)]


def dash(place: int) -> str:
    return DASHES[place // len(COLOURS) % len(DASHES)]


def overlay(runs: Sequence[FineTune], measure: Measure, axis: str) -> Overlay:
    """Read one metric of these runs, and what the axis needs, with one query."""
    found = store.read_many(runs, [measure.name, *([axis] if axis.startswith("elapsed_") else [])])
    curves, missing = [], []
    for place, run in enumerate(runs):
        curve = _curve(run, place, found[run.pk], measure.name, axis)
        if curve is None:
            missing.append(run)
        else:
            curves.append(curve)
    return Overlay(measure, axis, curves, missing)


def _curve(run: FineTune, place: int, series: Mapping[str, Series], name: str, axis: str) -> Curve | None:
    one = series.get(name)
    x = None if one is None else _positions(run, one, series.get(axis), axis)
    if one is None or x is None or not (known := np.isfinite(x)).any():
        return None
    return Curve(run, place, x[known], one.values[known])


def _positions(run: FineTune, series: Series, elapsed: Series | None, axis: str) -> Axis | None:
    """Place each step on the axis; None where nobody knows, and NaN outside of what was reported."""
    if axis == "step":
        return series.steps.astype(np.float64)
    if axis == "share":
        whole = _whole(run)
        return series.steps / whole if whole else None
    if elapsed is None:
        return None
    known = np.maximum.accumulate(elapsed.values)
    return np.interp(series.steps, elapsed.steps, known, left=np.nan, right=np.nan)


def _whole(run: FineTune) -> int:
    """The steps of the whole run; 0 as long as a running one does not tell."""
    last = max((known["last_step"] for known in run.summary.values()), default=0)
    return int(max(run.total_steps or last, last)) if run.has_ended or run.total_steps else 0


def table(made: Overlay) -> Table:
    """Return what each run had last reported at evenly spaced places, under its least and greatest value."""
    head = [curve.run.name for curve in made.curves]
    if not made.curves:
        return Table(head, [])
    rows = [(_("least"), [made.measure.show(float(curve.y.min())) for curve in made.curves])]
    rows.append((_("greatest"), [made.measure.show(float(curve.y.max())) for curve in made.curves]))
    for x in _places(made):
        label = words.percent(x) if made.axis == "share" else number_format(x, 0, force_grouping=True)
        rows.append((label, [_at(made, curve, x) for curve in made.curves]))
    return Table(head, rows)


def _places(made: Overlay) -> list[float]:
    first, last = min(curve.x[0] for curve in made.curves), max(curve.x[-1] for curve in made.curves)
    places = np.linspace(first, last, ROWS + 2)
    return [float(place) for place in np.unique(places if made.axis == "share" else np.floor(places))]


def _at(made: Overlay, curve: Curve, x: float) -> str:
    """The last value at or before x; nothing before the first, nor after the last."""
    at = int(np.searchsorted(curve.x, x, side="right")) - 1
    return made.measure.show(float(curve.y[at])) if at >= 0 and x <= curve.x[-1] else ""

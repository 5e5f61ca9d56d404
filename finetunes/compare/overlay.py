"""One metric of several runs in one chart: over steps, over the share of each run, or over what it had seen by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np
import orjson
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from finetunes import store, words
from finetunes.charts import FEW, TONES
from finetunes.compare.measures import Measure
from finetunes.metrics import Series
from finetunes.models import FineTune

POINTS = 6_000
"""Drawn of all runs together, so that twenty cost hardly more than two."""
MOST_POINTS = 1_000
FEW_TO_SMOOTH = 64
WINDOWS = 24
"""A point of the average rests on this part of a run."""
MANY = 6
"""With more lines than this a box that names all of them would cover the chart."""
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


def draw(made: Overlay, start: float | None = None, end: float | None = None) -> bytes:
    """Return the figure as JSON: of each run the part between start and end, with all its extremes.

    A long one is drawn faintly, with its moving average over it: never the average alone.
    """
    most = min(MOST_POINTS, POINTS // max(1, len(made.curves)))
    parts = [_part(curve, start, end) for curve in made.curves]
    averages = [_smooth(curve, start, end, most // 3) for curve in made.curves]
    reduced = [_reduce(curve, most) for curve in parts]
    share = words.is_share(made.measure.name)
    raw = [_trace(one, share=share, faint=average is not None) for one, average in zip(reduced, averages, strict=True)]
    smoothed = [_trace(one, share=share, average=True) for one in averages if one is not None]
    payload = {
        "figure": {"data": raw + smoothed, "layout": _layout(made, share=share)},
        "steps": max((len(curve.x) for curve in parts), default=0),
        "drawn": max((len(curve.x) for curve in reduced), default=0),
    }
    return orjson.dumps(payload, option=orjson.OPT_SERIALIZE_NUMPY)


def _part(curve: Curve, start: float | None, end: float | None) -> Curve:
    """Cut to a range, with one point on either side so that the line goes on to the edge."""
    first = 0 if start is None else max(0, int(np.searchsorted(curve.x, start)) - 1)
    last = len(curve.x) if end is None else int(np.searchsorted(curve.x, end, side="right")) + 1
    return replace(curve, x=curve.x[first:last], y=curve.y[first:last])


def _smooth(curve: Curve, start: float | None, end: float | None, most: int) -> Curve | None:
    """The moving average of the whole run, of which a range shows its part; None where the points are few enough.

    The window becomes shorter towards both ends, so the line neither lags nor begins from nowhere.
    """
    count = len(curve.y)
    if count < FEW_TO_SMOOTH:
        return None
    at = np.unique(np.linspace(0, count - 1, min(count, 4 * most)).astype(np.int64))
    half = max(1, count // WINDOWS // 2)
    first, last = np.maximum(at - half, 0), np.minimum(at + half + 1, count)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.concatenate([[0.0], np.cumsum(curve.y)])
        means = (sums[last] - sums[first]) / (last - first)
    if not np.isfinite(means).all():
        return None
    part = _part(replace(curve, x=curve.x[at], y=means), start, end)
    return part.at(np.unique(np.linspace(0, len(part.x) - 1, min(len(part.x), most)).astype(np.int64)))


def _reduce(curve: Curve, most: int) -> Curve:
    """Keep the first, the last, and the least and the greatest of each bucket."""
    if len(curve.x) <= most:
        return curve
    sampler = MinMaxDownsampler()  # type: ignore[no-untyped-call]
    chosen = sampler.downsample(np.ascontiguousarray(curve.y), n_out=most - 2 - most % 2).astype(np.int64)
    return curve.at(np.union1d(chosen, [0, len(curve.x) - 1]))


def _trace(curve: Curve, *, share: bool, faint: bool = False, average: bool = False) -> dict[str, Any]:
    name, number = _plain(curve.run.name), "%{y:.2%}" if share else "%{y:.5~g}"
    label = _("%(line)s, smoothed") % {"line": name} if average else name
    return {
        "type": "scatter",
        "name": label,
        "x": _short(curve.x),
        "y": _short(curve.y),
        "mode": "lines+markers" if len(curve.x) <= FEW and not average else "lines",
        "opacity": 0.28 if faint else 1,
        "line": {"color": COLOURS[curve.tone], "width": 1 if faint else 2, "dash": "solid" if faint else curve.dash},
        "marker": {"size": 6},
        "meta": {"tone": curve.tone, "run": curve.run.pk},
        "hovertemplate": f"{number}<extra>{label}</extra>",
    }


def _layout(made: Overlay, *, share: bool) -> dict[str, Any]:
    axis = {"automargin": False, "zeroline": False, "showline": False, "ticks": ""}
    along = ".0%" if made.axis == "share" else ",d"
    return {
        "height": 360,
        "margin": {"l": 52, "r": 12, "t": 8, "b": 44},
        "hovermode": "x unified" if len(made.curves) <= MANY else "closest",
        "showlegend": False,
        "dragmode": "zoom",
        "xaxis": {**axis, "title": {"text": axes()[made.axis], "standoff": 8}, "showgrid": False, "tickformat": along},
        "yaxis": {**axis, "rangemode": "tozero", "tickformat": ".0%" if share else "~g"},
        "uirevision": "kept",
    }


def _plain(label: str) -> str:
    """Plotly reads a few HTML tags in labels, and its own signs: a name must stay text."""
    return escape(label[:120], quote=False).replace("%{", "% {")


def _short(values: Axis) -> NDArray[Any]:
    """Whole numbers as such, others with five digits that count: a payload is bytes."""
    if (values == np.floor(values)).all() and (np.abs(values) < 2**53).all():
        return values.astype(np.int64)
    size = np.floor(np.log10(np.abs(values), out=np.zeros_like(values), where=values != 0))
    scale = 10.0 ** np.clip(4 - size, -300, 300)
    return np.asarray(np.rint(values * scale) / scale)


def table(made: Overlay) -> Table:
    """Return what each run had last reported at evenly spaced places, under its least and greatest value."""
    head = [curve.run.name for curve in made.curves]
    if not made.curves:
        return Table(head, [])
    rows = [(_("least"), [made.measure.show(float(curve.y.min())) for curve in made.curves])]
    rows.append((_("greatest"), [made.measure.show(float(curve.y.max())) for curve in made.curves]))
    for x in _places(made):
        label = words.percent(x) if made.axis == "share" else f"{x:,.0f}"
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

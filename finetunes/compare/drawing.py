"""The figure of several runs in one chart: small however many there are, and without losing a spike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np
import orjson
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from finetunes import words
from finetunes.charts.plots import FEW_TO_SMOOTH, bounds
from finetunes.charts.plotting import FEW
from finetunes.compare.overlay import COLOURS, Axis, Curve, Overlay, axes

POINTS = 6_000
"""Drawn of all runs together, so that twenty cost hardly more than two."""
MOST_POINTS = 1_000
EDGE_MARKS = 40
"""Marks along an edge for one run: of places that would cover each other one is enough."""
MANY = 6
"""With more lines than this a box that names all of them would cover the chart."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at: from where to where on the axis, and how much of a run a point of the average rests on."""

    start: float | None = None
    end: float | None = None
    smoothing: float = 0.05


def draw(made: Overlay, look: Look) -> bytes:
    """Return the figure as JSON: of each run the part that is looked at, with all its extremes.

    A long one is drawn faintly, with its moving average over it: never the average alone. What lies beyond
    the vertical range that shows most values well is marked at the edge.
    """
    most = min(MOST_POINTS, POINTS // max(1, len(made.curves)))
    parts = [_part(curve, look) for curve in made.curves]
    averages = [_smooth(curve, look, most // 3) for curve in made.curves]
    reduced = [_reduce(curve, most) for curve in parts]
    share = words.is_share(made.measure.name)
    values = np.concatenate([curve.y for curve in reduced]) if reduced else np.array([])
    edges = None if share else bounds(values)
    beyond = [mark for curve in reduced for mark in _marks(curve, edges)] if edges else []
    raw = [_trace(one, share=share, faint=average is not None) for one, average in zip(reduced, averages, strict=True)]
    smoothed = [_trace(one, share=share, average=True) for one in averages if one is not None]
    payload = {
        "figure": {"data": raw + smoothed + beyond, "layout": _layout(made, share=share, edges=edges)},
        "steps": max((len(curve.x) for curve in made.curves), default=0),
        "shown": max((len(curve.x) for curve in parts), default=0),
        "drawn": max((len(curve.x) for curve in reduced), default=0),
        "beyond": sum(len(mark["x"]) for mark in beyond),
        "least": float(values.min()) if len(values) else None,
    }
    return orjson.dumps(payload, option=orjson.OPT_SERIALIZE_NUMPY)


def _part(curve: Curve, look: Look) -> Curve:
    """Cut to a range, with one point on either side so that the line goes on to the edge."""
    first = 0 if look.start is None else max(0, int(np.searchsorted(curve.x, look.start)) - 1)
    last = len(curve.x) if look.end is None else int(np.searchsorted(curve.x, look.end, side="right")) + 1
    return replace(curve, x=curve.x[first:last], y=curve.y[first:last])


def _smooth(curve: Curve, look: Look, most: int) -> Curve | None:
    """The moving average of the whole run, of which a range shows its part; None where none is wanted or needed.

    The window becomes shorter towards both ends, so the line neither lags nor begins from nowhere.
    """
    count = len(curve.y)
    if count < FEW_TO_SMOOTH or not look.smoothing:
        return None
    at = np.unique(np.linspace(0, count - 1, min(count, 4 * most)).astype(np.int64))
    half = max(1, int(count * look.smoothing / 2))
    first, last = np.maximum(at - half, 0), np.minimum(at + half + 1, count)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.concatenate([[0.0], np.cumsum(curve.y)])
        means = (sums[last] - sums[first]) / (last - first)
    if not np.isfinite(means).all():
        return None
    part = _part(replace(curve, x=curve.x[at], y=means), look)
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
        "meta": {"tone": curve.tone, "line": curve.place, "part": "smooth" if average else "raw", "run": curve.run.pk},
        "hovertemplate": f"{number}<extra>{label}</extra>",
    }


def _marks(curve: Curve, edges: tuple[float, float]) -> Iterator[dict[str, Any]]:
    """Mark at either edge where a run goes beyond it."""
    for edge, symbol, is_out in (
        (edges[0], "triangle-down", curve.y < edges[0]),
        (edges[1], "triangle-up", curve.y > edges[1]),
    ):
        x = _spread(curve.x[is_out])
        if len(x):
            yield {
                "type": "scatter",
                "x": _short(x),
                "y": np.full(len(x), edge),
                "mode": "markers",
                "hoverinfo": "skip",
                "cliponaxis": False,
                "marker": {"symbol": symbol, "size": 8, "color": COLOURS[curve.tone]},
                "meta": {"tone": curve.tone, "line": curve.place, "part": "edge", "run": curve.run.pk},
            }


def _spread(x: Axis) -> Axis:
    if len(x) <= EDGE_MARKS:
        return x
    parts = ((x - x[0]) / (x[-1] - x[0]) * EDGE_MARKS).astype(np.int64)
    return x[np.unique(parts, return_index=True)[1]]


def _layout(made: Overlay, *, share: bool, edges: tuple[float, float] | None) -> dict[str, Any]:
    axis = {"automargin": False, "zeroline": False, "showline": False, "ticks": ""}
    along = ".0%" if made.axis == "share" else ",d"
    return {
        "height": 360,
        "margin": {"l": 52, "r": 12, "t": 8, "b": 44},
        "hovermode": "x unified" if len(made.curves) <= MANY else "closest",
        "showlegend": False,
        "dragmode": "zoom",
        "xaxis": {**axis, "title": {"text": axes()[made.axis], "standoff": 8}, "showgrid": False, "tickformat": along},
        "yaxis": {**axis, "rangemode": "tozero", "tickformat": ".0%" if share else "~g", **_range(edges)},
        "uirevision": "kept",
    }


def _range(edges: tuple[float, float] | None) -> dict[str, Any]:
    return {"range": list(edges), "autorange": False} if edges else {}


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

"""Plotly figures of the plots: small, without a template, in tones that the page gives its colours.

Each trace names a tone in its `meta`; the page's script paints it with the colours of the light
or the dark theme. The colours written here are the light ones, for whoever opens a figure alone.
`meta` also says to which line of the legend a trace belongs (`line`), and what it is (`part`):
`raw`, `smooth`, or `edge`, the marks of values that lie beyond the range shown at first.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from finetunes.charts.along import Along, Mark, Numbers
from finetunes.charts.layout import Figure, layout
from finetunes.charts.plots import (
    FEW_TO_SMOOTH,
    MOST_LINES,
    MOST_POINTS,
    MOST_SMOOTH,
    bounds,
    count_within,
    moving_mean,
    reduce,
    within,
)
from finetunes.metrics import Series
from finetunes.spans import Outline, whole

TONES = {
    "series-1": "#0b6b57",
    "series-2": "#c2571a",
    "series-3": "#2459c4",
    "series-4": "#8e3b8a",
    "series-5": "#8a5a00",
    "series-6": "#b3261e",
}
FEW = 40
"""Up to so many points each is marked, because a line between them hides where they are."""
MOST_BYTES = 62_000
"""Of all points together, before they are written as text, which takes a third more."""
EDGE_MARKS = 40
"""Marks along one edge for one line: of those that would cover each other one is enough."""
POINTS_A_NAME = 160
"""So many points of a line are as wide as the name of a mark."""
LARGEST_SHORT = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Trace:
    label: str
    series: Series | Outline


@dataclass(frozen=True, slots=True)
class View:
    """What of the traces is looked at. First and last are steps; `smoothing` is as wide as so many steps, 0 for none."""

    first: float | None = None
    last: float | None = None
    points: int = MOST_POINTS
    smoothing: float | None = None
    """None: a width that suits the series."""


@dataclass(frozen=True, slots=True)
class Drawing:
    figure: Figure
    steps: int
    """Of the longest line, in all."""
    drawn: int
    shown: int = 0
    """Of the longest line, within the range that is looked at."""
    beyond: int = 0
    """Marks of values beyond the vertical range."""
    least: float | None = None

    def json(self) -> bytes:
        names = ("steps", "drawn", "shown", "beyond", "least")
        payload = {"figure": self.figure, **{name: getattr(self, name) for name in names}}
        return orjson.dumps(payload, default=_packed)


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    place: int
    points: Series
    average: Series | None


def draw(
    traces: Sequence[Trace],
    *,
    step_title: str,
    smoothed: str,
    share: bool = False,
    view: View | None = None,
    along: Along | None = None,
    marks: Sequence[Mark] = (),
    steps: int | None = None,
) -> Drawing:
    """Draw the traces over their steps, each reduced to what a screen can show.

    A long one is drawn faintly, with its moving average over it: never the average alone.
    """
    view, along = view or View(), along or Along(step_title)
    outlines = [one.series if isinstance(one.series, Outline) else whole(one.series) for one in traces[:MOST_LINES]]
    most = _budget(view, along, len(outlines))
    lines = [
        _line(trace.label, place, one, view, along, most)
        for place, (trace, one) in enumerate(zip(traces, outlines, strict=False))
    ]
    drawn = np.concatenate([line.points.values for line in lines]) if lines else np.array([])
    edges = None if share else bounds(drawn)
    data = [one for line in lines for one in _scatters(line, along, share=share, smoothed=smoothed)]
    at_edges = [one for line in lines for one in _edge_marks(line, along, edges)] if edges else []
    frame = layout(along, share=share, edges=edges) | {"shapes": _shapes(marks, along, view)}
    counts = [one.count for one in outlines]
    shown = [one.count if view.first is None else count_within(one, *_range(view)) for one in outlines]
    return Drawing(
        {"data": data + at_edges, "layout": frame},
        steps=steps or max(counts, default=0),
        drawn=max((_drawn_within(line.points, view) for line in lines), default=0),
        shown=max(shown, default=0),
        beyond=sum(len(one["x"]) for one in at_edges),
        least=float(drawn.min()) if len(drawn) else None,
    )


def _scatters(line: _Line, along: Along, *, share: bool, smoothed: str) -> list[Figure]:
    raw = _scatter(line, line.points, "raw", along, share=share)
    if line.average is None:
        return [raw]
    return [raw, _scatter(line, line.average, "smooth", along, share=share, name=smoothed.format(line=line.label))]


def _range(view: View) -> tuple[float, float]:
    low = -np.inf if view.first is None else view.first
    return float(low), float(np.inf if view.last is None else view.last)


def _drawn_within(points: Series, view: View) -> int:
    low, high = _range(view)
    return int(((points.steps >= low) & (points.steps <= high)).sum())


def _budget(view: View, along: Along, lines: int) -> int:
    """Return how many points each line may have, so that the answer stays small however many lines there are."""
    each = 8 if along.known is None else 12
    return max(16, min(view.points, MOST_BYTES // each // max(1, lines) * 4 // 5))


def _line(label: str, place: int, one: Outline, view: View, along: Along, most: int) -> _Line:
    low, high = _range(view)
    points = one.extremes if view.first is None and view.last is None else within(one.extremes, low, high)
    points = _known(points, along)
    return _Line(label, place, reduce(points, most), _average(one, points, view, most))


def _known(points: Series, along: Along) -> Series:
    if along.known is None:
        return points
    known = np.isfinite(along.place(points.steps))
    return Series(points.steps[known], points.values[known])


def _average(one: Outline, points: Series, view: View, most: int) -> Series | None:
    """Return the moving average of a line that is long enough, within what is shown of it."""
    if one.count < FEW_TO_SMOOTH or view.smoothing == 0 or len(points) < 2:
        return None
    first, last = points.steps[[0, -1]].tolist()
    width = (last - first) / 16 if view.smoothing is None else view.smoothing
    at = np.unique(np.linspace(first, last, min(MOST_SMOOTH, max(2, most // 4), last - first + 1)).round())
    return Series(at.astype(np.int64), moving_mean(one, width, at))


def _scatter(line: _Line, points: Series, part: str, along: Along, *, share: bool, name: str | None = None) -> Figure:
    tone, label = _tone(line.place), _plain(name or line.label)
    number = "%{y:.2%}" if share else "%{y:.5~g}"
    faint = part == "raw" and line.average is not None
    return {
        "type": "scatter",
        "name": label,
        "x": _short(along.place(points.steps), whole_numbers=not along.is_time),
        "y": _short(points.values),
        "mode": "lines+markers" if len(points) <= FEW and part == "raw" else "lines",
        "opacity": 0.28 if faint else 1,
        "line": {"color": TONES[tone], "width": 1 if faint else 2},
        "marker": {"size": 6},
        "meta": {"tone": tone, "line": line.place, "part": part},
        "hovertemplate": f"{number}<extra>{label}</extra>",
    }


def _edge_marks(line: _Line, along: Along, edges: tuple[float, float]) -> Iterator[Figure]:
    """Mark at the edge of the chart what lies beyond it."""
    tone = _tone(line.place)
    for edge, symbol, sign in ((edges[0], "triangle-down", -1), (edges[1], "triangle-up", 1)):
        out = sign * (line.points.values - edge) > 0
        x = _spread(along.place(line.points.steps[out]), sign * line.points.values[out])
        if len(x):
            yield {
                "type": "scatter",
                "x": _short(x, whole_numbers=not along.is_time),
                "y": np.full(len(x), edge),
                "mode": "markers",
                "hoverinfo": "skip",
                "cliponaxis": False,
                "marker": {"symbol": symbol, "size": 8, "color": TONES[tone]},
                "meta": {"tone": tone, "line": line.place, "part": "edge"},
            }


def _spread(x: Numbers, heights: NDArray[np.float64]) -> Numbers:
    """Of places that lie too close to tell them apart keep that of the greatest height."""
    if len(x) <= EDGE_MARKS:
        return x
    bins = np.minimum((x - x[0]) / ((x[-1] - x[0]) or 1) * EDGE_MARKS, EDGE_MARKS - 1).astype(np.int64)
    order = np.lexsort((-heights, bins))
    return np.sort(x[order[np.unique(bins[order], return_index=True)[1]]])


def _shapes(marks: Sequence[Mark], along: Along, view: View) -> list[dict[str, Any]]:
    low, high = _range(view)
    inside = [one for one in _thinned(marks, view, sum(low <= one.step <= high for one in marks)) if low <= one.step <= high]
    places = along.place(np.array([one.step for one in inside]))
    return [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": place,
            "x1": place,
            "y0": 0,
            "y1": 1,
            "layer": "below",
            "line": {"width": 1, "dash": "dot", "color": "#c9cfcc"},
            "label": {"text": _plain(one.label), "textposition": "end", "textangle": 0, "xanchor": "right"},
        }
        for one, place in zip(inside, places.tolist(), strict=True)
        if np.isfinite(place)
    ]


def _thinned(marks: Sequence[Mark], view: View, seen: int) -> Sequence[Mark]:
    """Leave every second mark, or fifth, or tenth, … so that those that are seen can all be named beside each other."""
    room = max(2, view.points // POINTS_A_NAME)
    every = next(step * 10**power for power in range(16) for step in (1, 2, 5) if seen <= step * 10**power * room)
    return marks[every - 1 :: every]


def _packed(numbers: Any) -> dict[str, str]:
    """Return an array as plotly.js reads it in the fewest bytes."""
    if not isinstance(numbers, np.ndarray):
        raise TypeError(type(numbers))
    return {"dtype": numbers.dtype.str[1:], "bdata": base64.b64encode(numbers.tobytes()).decode()}


def _tone(place: int) -> str:
    return list(TONES)[place % len(TONES)]


def _short(values: NDArray[np.generic], *, whole_numbers: bool = False) -> NDArray[Any]:
    """Return numbers in as few bytes as show them well: places on an axis as whole numbers, values with seven digits."""
    numbers = values.astype(np.float64)
    largest = float(np.abs(numbers).max()) if len(numbers) else 0.0
    if whole_numbers:
        return np.rint(numbers).astype(np.int32) if largest < 2**31 else np.rint(numbers)
    return numbers.astype(np.float32) if largest <= LARGEST_SHORT and largest < 1e11 else numbers


def _plain(label: str) -> str:
    """Plotly reads a few HTML tags in labels: a column's name from a file must stay text."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "% {")[:120]

"""Plotly figures of the plots: small, without a template, in tones that the page gives its colours.

Each trace names a tone in its `meta`; the page's script paints it with the colours of the light
or the dark theme. The colours written here are the light ones, for whoever opens a figure alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import plotly.graph_objects as go

from finetunes.metrics import Series
from finetunes.plots import reduce

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


@dataclass(frozen=True, slots=True)
class Trace:
    label: str
    series: Series


@dataclass(frozen=True, slots=True)
class Drawing:
    figure: go.Figure
    steps: int
    drawn: int

    def json(self) -> bytes:
        payload = {"figure": self.figure.to_plotly_json(), "steps": self.steps, "drawn": self.drawn}
        return orjson.dumps(payload, option=orjson.OPT_SERIALIZE_NUMPY)


def draw(traces: Sequence[Trace], *, step_title: str, share: bool = False) -> Drawing:
    """Draw the traces over their steps, each reduced to what a screen can show."""
    reduced = [Trace(_plain(one.label), reduce(one.series)) for one in traces]
    figure = go.Figure(layout=_layout(step_title, share=share))
    for place, trace in enumerate(reduced):
        figure.add_trace(_scatter(trace, place, share=share))
    return Drawing(
        figure,
        steps=max((len(one.series) for one in traces), default=0),
        drawn=max((len(one.series) for one in reduced), default=0),
    )


def _scatter(trace: Trace, place: int, *, share: bool) -> go.Scatter:
    tone = list(TONES)[place % len(TONES)]
    number = "%{y:.2%}" if share else "%{y:.5~g}"
    return go.Scatter(
        name=trace.label,
        x=trace.series.steps.astype(_narrow(trace.series)),
        y=trace.series.values.astype(np.float32),
        mode="lines+markers" if len(trace.series) <= FEW else "lines",
        line={"color": TONES[tone], "width": 2 if len(trace.series) < 400 else 1.5},
        marker={"size": 6},
        meta={"tone": tone},
        hovertemplate=f"{number}<extra>{trace.label}</extra>",
    )


def _layout(step_title: str, *, share: bool) -> go.Layout:
    axis = {"automargin": True, "zeroline": False, "showline": False, "ticks": ""}
    return go.Layout(
        template=go.layout.Template(),
        height=260,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hovermode="x unified",
        showlegend=False,
        dragmode="zoom",
        xaxis={**axis, "title": {"text": step_title, "standoff": 8}, "showgrid": False, "tickformat": ",d"},
        yaxis={**axis, "rangemode": "tozero", "tickformat": ".0%" if share else "~g"},
        uirevision="kept",
    )


def _narrow(series: Series) -> type[np.int32] | type[np.float64]:
    fits = not len(series) or (abs(series.steps[[0, -1]]) < 2**31).all()
    return np.int32 if fits else np.float64


def _plain(label: str) -> str:
    """Plotly reads a few HTML tags in labels: a column's name from a file must stay text."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "% {")[:120]

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
from finetunes.plots import reduce, smooth

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


def draw(traces: Sequence[Trace], *, step_title: str, smoothed: str, share: bool = False) -> Drawing:
    """Draw the traces over their steps, each reduced to what a screen can show.

    A long one is drawn faintly, with its moving average over it: never the average alone.
    """
    figure = go.Figure(layout=_layout(step_title, share=share))
    drawn = 0
    for place, trace in enumerate(traces):
        reduced, average = reduce(trace.series), smooth(trace.series)
        drawn = max(drawn, len(reduced))
        figure.add_trace(_scatter(trace.label, reduced, place, share=share, faint=average is not None))
        if average is not None:
            label = smoothed.format(line=trace.label)
            figure.add_trace(_scatter(label, average, place, share=share))
    return Drawing(figure, steps=max((len(one.series) for one in traces), default=0), drawn=drawn)


def _scatter(label: str, series: Series, place: int, *, share: bool, faint: bool = False) -> go.Scatter:
    tone, label = list(TONES)[place % len(TONES)], _plain(label)
    number = "%{y:.2%}" if share else "%{y:.5~g}"
    return go.Scatter(
        name=label,
        x=series.steps.astype(_narrow(series)),
        y=series.values.astype(np.float32),
        mode="lines+markers" if len(series) <= FEW else "lines",
        opacity=0.28 if faint else 1,
        line={"color": TONES[tone], "width": 1 if faint else 2},
        marker={"size": 6},
        meta={"tone": tone},
        hovertemplate=f"{number}<extra>{label}</extra>",
    )


def _layout(step_title: str, *, share: bool) -> go.Layout:
    axis = {"automargin": False, "zeroline": False, "showline": False, "ticks": ""}
    return go.Layout(
        template=go.layout.Template(),
        height=280,
        margin={"l": 52, "r": 12, "t": 8, "b": 44},
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

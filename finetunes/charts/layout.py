"""What is around the lines of a plot: axes, margins and how it answers to the pointer."""

from __future__ import annotations

from functools import cache
from typing import Any

import plotly.graph_objects as go

from finetunes.charts.along import Along

Figure = dict[str, Any]
"""A figure as plotly.js takes it; `go.Figure` of it checks every name and value, which takes longer than to draw it."""


def layout(along: Along, *, share: bool, edges: tuple[float, float] | None) -> Figure:
    plain = _plain_layout(share=share, is_time=along.is_time)
    title = {"title": {"text": along.title, "standoff": 8}}
    held = {"range": list(edges), "autorange": False} if edges else {}
    return {**plain, "xaxis": {**plain["xaxis"], **title}, "yaxis": {**plain["yaxis"], **held}}


@cache
def _plain_layout(*, share: bool, is_time: bool) -> Figure:
    axis = {"automargin": False, "zeroline": False, "showline": False, "ticks": ""}
    moments = {"type": "date"} if is_time else {"tickformat": ",d"}
    layout = go.Layout(
        template=go.layout.Template(),
        height=280,
        margin={"l": 52, "r": 12, "t": 12, "b": 44},
        hovermode="x unified",
        showlegend=False,
        dragmode="zoom",
        xaxis={**axis, "showgrid": False, **moments},
        yaxis={**axis, "rangemode": "tozero", "tickformat": ".0%" if share else "~g"},
        uirevision="kept",
    )
    found: Figure = layout.to_plotly_json()
    return found

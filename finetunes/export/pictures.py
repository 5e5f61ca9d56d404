"""Charts as PNG files: the same reduced series as on the page, in its light colours, drawn without a browser."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from finetunes import store, words
from finetunes.charts.plots import Plot, arrange, reduce, smooth
from finetunes.charts.plotting import TONES
from finetunes.metrics import Series
from finetunes.models import FineTune

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 40
"""A file of a thousand columns would make a thousand pictures; the tables have all of them."""
INK, FAINT, LINE = "#1b1f1d", "#646b67", "#e3e6e4"
LONGEST = 120
LARGEST = 1e150


def plots(fine_tune: FineTune) -> list[Plot]:
    """Return the charts that are drawn, in the order of the page."""
    return arrange(store.series_names(fine_tune))[:MOST]


def png(fine_tune: FineTune, plot: Plot) -> bytes:
    found = store.read_series(fine_tune, [one.series for one in plot.lines])
    lines = [(words.line(one.label), found[one.series]) for one in plot.lines if one.series in found]
    return draw(words.measure(plot), lines, is_share=plot.is_share)


def draw(title: str, lines: Sequence[tuple[str, Series]], *, is_share: bool = False) -> bytes:
    """Draw the lines over their steps. Text from files is text: no formulas, no markup, cut where it grows too long."""
    figure = _figure()
    axes = figure.add_subplot()
    for place, (label, series) in enumerate(lines):
        _line(axes, label[:LONGEST], series, list(TONES.values())[place % len(TONES)])
    axes.set_title(title[:LONGEST], loc="left", color=INK, fontsize=12, parse_math=False)
    axes.set_xlabel(_("step"), color=FAINT)
    _dress(axes, is_share=is_share)
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a sign that the typeface lacks is drawn as a box
        figure.savefig(out, format="png", metadata={"Software": "Tunedeck"})
    return out.getvalue()


def _figure() -> Any:
    """Load the library only now: it is large, and no page needs it."""
    os.environ.setdefault("MPLCONFIGDIR", str(settings.DATA / "matplotlib"))
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), dpi=120, layout="tight", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _line(axes: Axes, label: str, series: Series, tone: str) -> None:
    reduced, average = reduce(series), smooth(series)
    marker = "o" if len(reduced) <= 40 else ""
    width, alpha = (1.6, 1.0) if average is None else (0.8, 0.35)
    (drawn,) = axes.plot(reduced.steps, _near(reduced), marker=marker, markersize=4, label=label)
    drawn.set(color=tone, linewidth=width, alpha=alpha)
    if average is not None:
        text = _("{line}, smoothed").format(line=label)
        axes.plot(average.steps, _near(average), color=tone, linewidth=1.6, label=text)


def _near(series: Series) -> NDArray[np.float64]:
    """Keep the largest numbers from being more than the axis can count."""
    return np.clip(series.values, -LARGEST, LARGEST)


def _dress(axes: Axes, *, is_share: bool) -> None:
    from matplotlib.ticker import FuncFormatter, PercentFormatter

    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.0f}"))
    if is_share:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.tick_params(colors=FAINT, length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    if axes.lines:
        labels = [f" {line.get_label()}" for line in axes.lines]  # one that begins with “_” would be left out
        for text in axes.legend(axes.lines, labels, frameon=False, fontsize=9, labelcolor=INK).get_texts():
            text.set_parse_math(False)


def drawn(fine_tune: FineTune) -> Iterator[tuple[Plot, bytes]]:
    for plot in plots(fine_tune):
        yield plot, png(fine_tune, plot)

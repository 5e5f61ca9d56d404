"""Charts as data, their tables, and the original files."""

from __future__ import annotations

import math

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.text import slugify
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from finetunes import results, words
from finetunes.charts import axes, figures
from finetunes.charts.figures import Look
from finetunes.charts.plots import Plot
from finetunes.models import FineTune
from finetunes.views.detail import fetch
from teams import access, audit
from teams.access import OrgRequest
from work.prepared import Prepared

WIDEST = 4000
"""Pixels; what is wider is drawn as if it were so wide."""
DRAWN = ("revision", "status", "last_event", "total_steps", "epochs", "resolved", "hyperparameters")
"""What charts need of a fine-tune: reading the rest takes as long as to draw one."""
_TO_DRAW = Prepared(lambda pk, organization: FineTune.objects.filter(pk=pk, organization=organization).only(*DRAWN))
DRAWING = 1
"""Raised when charts of the same numbers are drawn in another way."""


@require_safe
@access.viewer
def chart(request: OrgRequest, pk: int, keys: str) -> HttpResponse:
    """Answer with a chart, or with a list of them if several are asked for, with commas between; or a range of each.

    Whoever has the latest already is told so, and nothing is read.
    """
    fine_tune = _TO_DRAW.first_or_404(pk, request.organization.pk)
    look = _look(request)
    asked = "-".join(str(part) for part in (keys, look.axis, look.start, look.end, look.width, look.smoothing))
    etag = quote_etag(f"{DRAWING}-{fine_tune.revision}-{fine_tune.status}-{get_language()}-{asked}")
    headers = {"Cache-Control": "private, no-cache", "ETag": etag}
    if unchanged := get_conditional_response(request, etag):
        return unchanged
    drawings = figures.draw_all(fine_tune, keys.split(","), look)
    if drawings is None:
        raise Http404
    content = b",".join(one.json() for one in drawings)
    return HttpResponse(b"[%s]" % content if "," in keys else content, content_type="application/json", headers=headers)


def _look(request: HttpRequest) -> Look:
    """Read what is asked for; what makes no sense is left out."""
    start, end = _number(request, "from"), _number(request, "to")
    if start is None or end is None or start >= end:
        start = end = None
    axis, width, smoothing = request.GET.get("x", ""), _number(request, "width"), _number(request, "smooth")
    return Look(
        axis=axis if axis in axes.titles() else "steps",
        start=start,
        end=end,
        width=int(min(max(width or 1000, 50), WIDEST)),
        smoothing=figures.SMOOTHING if smoothing is None else min(max(smoothing, 0.0), 1.0),
    )


def _number(request: HttpRequest, name: str) -> float | None:
    try:
        value = float(request.GET.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < 2**53 else None


@require_safe
@access.viewer
def chart_table(request: OrgRequest, pk: int, key: str) -> HttpResponse:
    fine_tune = fetch(request, pk)
    plot = _plot(fine_tune, key)
    context = {"fine_tune": fine_tune, "title": words.measure(plot), "table": figures.table(fine_tune, plot)}
    is_part = (request.htmx.target or "").startswith("table-")
    return render(request, "finetunes/table.html#numbers" if is_part else "finetunes/table.html", context)


@require_safe
@access.viewer
def chart_csv(request: OrgRequest, pk: int, key: str) -> HttpResponse:
    """Hand out every step of a chart."""
    fine_tune = fetch(request, pk)
    content = figures.csv(fine_tune, _plot(fine_tune, key))
    audit.revealed(request, "fine-tune.downloaded", fine_tune, file=f"chart {key}")
    return _csv(content, f"{_name(fine_tune)}-{key}.csv")


@require_safe
@access.viewer
def result_file(request: OrgRequest, pk: int, file: int) -> HttpResponse:
    """Hand out a results file as CSV, or with `?original` exactly as it came."""
    fine_tune = fetch(request, pk)
    found = get_object_or_404(fine_tune.files, pk=file)
    audit.revealed(request, "fine-tune.downloaded", fine_tune, file=f"results {file}")
    with found.content.open("rb") as source:
        content = source.read() if "original" in request.GET else results.csv(found)
    return _csv(content, f"{_name(fine_tune)}-results.csv")


def _csv(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _name(fine_tune: FineTune) -> str:
    return slugify(fine_tune.name) or "fine-tune"


def _plot(fine_tune: FineTune, key: str) -> Plot:
    plot = figures.find(fine_tune, key)
    if plot is None:
        raise Http404
    return plot

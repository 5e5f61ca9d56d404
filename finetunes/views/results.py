"""Charts as data, their tables, and the original files."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from finetunes import figures, results, words
from finetunes.models import FineTune
from finetunes.plots import Plot
from finetunes.views.detail import fetch
from teams import access
from teams.access import OrgRequest


@require_safe
@access.viewer
def chart(request: OrgRequest, pk: int, key: str) -> HttpResponse:
    fine_tune = fetch(request, pk)
    drawing = figures.draw(fine_tune, _plot(fine_tune, key))
    return HttpResponse(drawing.json(), content_type="application/json", headers={"Cache-Control": "no-store"})


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
def result_file(request: OrgRequest, pk: int, file: int) -> HttpResponse:
    """Hand out a results file as CSV, or with `?original` exactly as it came."""
    fine_tune = fetch(request, pk)
    found = get_object_or_404(fine_tune.files, pk=file)
    name = f"{slugify(fine_tune.name) or 'fine-tune'}-results.csv"
    with found.content.open("rb") as source:
        content = source.read() if "original" in request.GET else results.csv(found)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _plot(fine_tune: FineTune, key: str) -> Plot:
    plot = figures.find(fine_tune, key)
    if plot is None:
        raise Http404
    return plot

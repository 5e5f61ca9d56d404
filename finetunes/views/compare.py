"""Runs side by side."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from finetunes.charts.plots import arrange
from finetunes.compare import choice, differences, drawing, measures, overlay, summary
from finetunes.compare.choice import Choice
from finetunes.compare.summary import Group
from finetunes.models import FineTune
from teams import access
from teams.access import OrgRequest

MOST_OFFERED = 50
MANY = 2
"""With more runs than this, only what differs is shown unless somebody asks for all."""


@require_safe
@access.viewer
def compare_runs(request: OrgRequest) -> HttpResponse:
    chosen = choice.chosen(request.organization, request.GET.getlist("run"))
    if not chosen.is_enough:
        return render(request, "finetunes/compare_choose.html", {"chosen": chosen, **_offer(request, chosen)})
    template = "finetunes/compare.html#compared" if request.htmx.target == "compared" else "finetunes/compare.html"
    return render(request, template, {"chosen": chosen, **_side_by_side(request, chosen)})


@require_safe
@access.viewer
def compare_chart(request: OrgRequest) -> HttpResponse:
    chosen = choice.chosen(request.organization, request.GET.getlist("run"))
    metric, axis = request.GET.get("metric", ""), _axis(request)
    if metric not in measures.names(chosen.runs):
        raise Http404
    drawn = overlay.overlay(chosen.runs, measures.measure(metric), axis)
    content = drawing.draw(drawn, _look(request))
    return HttpResponse(content, content_type="application/json", headers={"Cache-Control": "no-store"})


@require_safe
@access.viewer
def compare_table(request: OrgRequest) -> HttpResponse:
    chosen = choice.chosen(request.organization, request.GET.getlist("run"))
    metric, axis = request.GET.get("metric", ""), _axis(request)
    if metric not in measures.names(chosen.runs):
        raise Http404
    drawn = overlay.overlay(chosen.runs, measures.measure(metric), axis)
    context = {"drawn": drawn, "axis": overlay.axes()[axis], "table": overlay.table(drawn), "chosen": chosen}
    is_part = request.htmx.target == "compare-table"
    return render(request, "finetunes/compare_table.html#numbers" if is_part else "finetunes/compare_table.html", context)


def _side_by_side(request: OrgRequest, chosen: Choice) -> dict[str, Any]:
    names, axis = measures.names(chosen.runs), _axis(request)
    asked = request.GET.get("metric", "")
    metric = asked if asked in names else next(iter(names), "")
    lines = {run.pk: _line(chosen, run, metric) for run in chosen.runs}
    return {
        "measures": [measures.measure(name) for name in names],
        "measure": measures.measure(metric) if metric else None,
        "chart": _chart(metric),
        "axes": overlay.axes(),
        "axis": axis,
        "lines": list(lines.values()),
        "query": urlencode({"run": chosen.pks, "metric": metric, "x": axis}, doseq=True),
        "moving": [one for one in chosen.runs if not one.has_ended],
        "most": choice.MOST,
        **_numbers(request, chosen, metric, lines),
        **_differences(request, chosen),
    }


def _chart(metric: str) -> dict[str, Any]:
    """What the buttons around a chart go by."""
    return {"title": measures.measure(metric).label, "plot": arrange([metric])[0]} if metric else {}


def _line(chosen: Choice, run: FineTune, metric: str) -> dict[str, Any]:
    place = chosen.runs.index(run)
    drawn = {"tone": overlay.tone(place), "dash": overlay.dash(place), "is_there": metric in run.summary}
    return {"run": run, "others": chosen.without(run), **drawn}


def _numbers(request: OrgRequest, chosen: Choice, metric: str, lines: dict[int, dict[str, Any]]) -> dict[str, Any]:
    made, sort = summary.summary(chosen.runs, metric), request.GET.get("sort", "")
    made.sort(sort)
    rows = [(lines[run.pk], cells) for run, cells in made.rows]
    return {"sort": sort, "summary": made, "headings": [_heading(group, sort) for group in made.groups], "rows": rows}


def _heading(group: Group, sort: str) -> dict[str, Any]:
    columns = [{"column": one, "link": one.link(sort), "direction": one.direction(sort)} for one in group.columns]
    alone = columns[0] if len(columns) == 1 else None
    return {"label": group.label, "columns": columns, "alone": alone}


def _differences(request: OrgRequest, chosen: Choice) -> dict[str, Any]:
    only = _only(request, chosen)
    sections = differences.sections(chosen.runs, only_differing=only)
    return {
        "only": only,
        "sections": sections,
        "nothing_differs": not any(section.rows for section in sections),
        "changed": differences.changed_versions(chosen.runs),
    }


def _offer(request: OrgRequest, chosen: Choice) -> dict[str, Any]:
    """Return what may be compared with the one that was chosen: first those of the same dataset."""
    others = FineTune.objects.of(request.organization).light().exclude(pk__in=chosen.pks)
    version = chosen.runs[0].training_version if chosen.runs else None
    same = list(others.filter(training_version__dataset=version.dataset_id)[:MOST_OFFERED]) if version else []
    rest = [one for one in others[:MOST_OFFERED] if one not in same]
    return {
        "first": next(iter(chosen.runs), None),
        "same": same,
        "rest": rest[: MOST_OFFERED - len(same)],
        "most": choice.MOST,
    }


def _axis(request: OrgRequest) -> str:
    axis = request.GET.get("x", "")
    return axis if axis in overlay.axes() else "step"


def _only(request: OrgRequest, chosen: Choice) -> bool:
    """Whether only what differs is shown; a box that is not ticked is not sent, so the form sends a 0 before it."""
    said = request.GET.get("only")
    return said == "1" if said in ("0", "1") else len(chosen.runs) > MANY


def _look(request: OrgRequest) -> drawing.Look:
    smoothing = _number(request, "smooth")
    asked = drawing.Look(_number(request, "from"), _number(request, "to"))
    return asked if smoothing is None else replace(asked, smoothing=min(max(smoothing, 0.0), 1.0))


def _number(request: OrgRequest, name: str) -> float | None:
    try:
        number = float(request.GET.get(name, ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None

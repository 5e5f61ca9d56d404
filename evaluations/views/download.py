"""The rows with all answers, as a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from evaluations import columns, sheets
from evaluations.columns import Cell
from evaluations.models import Evaluation
from evaluations.views.detail import fetch
from finetunes.views.download import download
from teams import access, audit
from teams.access import OrgRequest

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Make = Callable[[list[str], Iterable[list[Cell]]], Iterator[bytes]]


@require_safe
@access.viewer
def csv(request: OrgRequest, pk: int) -> HttpResponseBase:
    return _answers(request, pk, sheets.csv, "csv", "text/csv; charset=utf-8")


@require_safe
@access.viewer
def xlsx(request: OrgRequest, pk: int) -> HttpResponseBase:
    return _answers(request, pk, sheets.xlsx, "xlsx", XLSX)


def _answers(request: OrgRequest, pk: int, make: Make, suffix: str, content_type: str) -> HttpResponseBase:
    evaluation = fetch(request, pk)
    if evaluation.state != Evaluation.State.READY:
        raise Http404
    audit.revealed(request, "evaluation.downloaded", evaluation, file=suffix)
    runs = list(evaluation.runs.all())
    name = f"{slugify(evaluation.name) or 'evaluation'}-answers.{suffix}"
    return download(make(columns.header(evaluation, runs), columns.rows(evaluation, runs)), name, content_type)

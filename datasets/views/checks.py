"""The page of one dataset: what was read, what the checks found, what to do about it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from datasets import choose, decide, enough, found
from datasets.forms import ColumnsForm, DecisionForm, NumberForm
from datasets.models import Dataset
from datasets.views.page import begin, dataset_of, refused, show
from datasets.wording import say
from datasets.words import Refused
from teams import access, audit
from teams.access import OrgRequest


@require_safe
@access.viewer
def detail(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    if dataset.state == Dataset.State.MAPPING:
        return redirect("datasets:columns", pk)
    numbers = dataset.numbers
    meter = enough.meter(numbers["task"], numbers["rows"], numbers["labels"]) if numbers else None
    return show(request, "datasets/detail.html", dataset, tab="checks", meter=meter, found=found.of(dataset))


@require_safe
@access.viewer
def progress(request: OrgRequest, pk: int) -> HttpResponse:
    """The fragment that a working dataset's page asks for; its last answer reloads what has changed."""
    dataset = dataset_of(request, pk)
    response = show(request, "datasets/_dataset.html#progress", dataset)
    return response if dataset.busy else HttpResponseStopPolling(response.content)


@require_POST
@access.member
def decision(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return HttpResponse(_("That is no decision about a finding."), status=400)
    code, choice = form.cleaned_data["code"], form.cleaned_data["choice"]
    try:
        finding = decide.decide(dataset, code, choice, by=str(request.user))
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, f"dataset.finding_{choice}", dataset, finding=code, rows=finding["count"])
    begin(dataset)
    return redirect(dataset)


@require_POST
@access.member
def undo(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    form = NumberForm(request.POST)
    if not form.is_valid():
        return HttpResponse(_("That is no decision about a finding."), status=400)
    try:
        taken = decide.undo(dataset, form.cleaned_data["number"])
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "dataset.decision_undone", dataset, finding=taken["code"])
    begin(dataset)
    return redirect(dataset)


@require_POST
@access.member
def accept(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    try:
        decide.accept_recommended(dataset, by=str(request.user))
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "dataset.recommended_accepted", dataset)
    begin(dataset)
    return redirect(dataset)


@require_http_methods(["GET", "HEAD", "POST"])
@access.member
def columns(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    form = ColumnsForm(dataset, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            choose.columns(dataset, **form.chosen())
        except Refused as why:
            return refused(request, why, dataset)
        audit.record(request, "dataset.columns_chosen", dataset, **form.columns())
        begin(dataset)
        return redirect("datasets:columns" if form.reads_again else "datasets:detail", pk)
    return show(request, "datasets/columns.html", dataset, form=form, tab="checks", preview=found.preview(dataset))


@require_POST
@access.member
def retry(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    try:
        choose.again(dataset)
    except Refused as why:
        return refused(request, why, dataset)
    begin(dataset)
    messages.info(request, say(choose.READING_AGAIN))
    return redirect(dataset)

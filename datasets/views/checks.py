"""The page of one dataset: what was read, what the checks found, what to do about it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from datasets import cancel as cancelling
from datasets import choose, decide, enough, found
from datasets.forms import ColumnsForm, DecisionForm, NumberForm
from datasets.models import Dataset, SavedRecipe, Task
from datasets.views.page import begin, dataset_of, refused, show
from datasets.wording import say
from datasets.words import Refused
from teams import access, audit
from teams.access import OrgRequest

SHOWN_CLASSES = 12


@require_safe
@access.viewer
def detail(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    if dataset.state == Dataset.State.MAPPING and request.membership.can_change:
        return redirect("datasets:columns", pk)
    return _page(request, dataset)


def _page(request: OrgRequest, dataset: Dataset) -> HttpResponse:
    labels = dataset.numbers.get("labels", [])
    inferred = dataset.numbers.get("judged", {}).get("inferred")
    context = {
        "meter": enough.meter(dataset.task, dataset.numbers["rows"], dict(labels)) if dataset.numbers else None,
        "inferred_task": Task(inferred).label if inferred else "",
        "tasks": [(task, Task(task).label) for task in dataset.numbers.get("judged", {}).get("possible", [])],
        "classes": labels[:SHOWN_CLASSES],
        "more_classes": len(labels) - SHOWN_CLASSES,
        "found": found.of(dataset, every_change=request.GET.get("changes") == "all"),
        "recipes": SavedRecipe.objects.of(request.organization).filter(format=dataset.format),
    }
    return show(request, "datasets/detail.html", dataset, tab="checks", **context)


def done(request: OrgRequest, dataset: Dataset) -> HttpResponse:
    """Have the dataset checked again and show its page: at once where htmx swaps it in, else after a redirect."""
    begin(dataset)
    if request.htmx.target != "main":
        return redirect(dataset)
    dataset.refresh_from_db()
    return _page(request, dataset)


@require_safe
@access.viewer
def progress(request: OrgRequest, pk: int) -> HttpResponse:
    """The fragment that a working dataset's page asks for; its last answer reloads what has changed."""
    dataset = dataset_of(request, pk)
    home = dataset.get_absolute_url()
    here = request.htmx.current_url_abs_path or ""
    here = here if here.startswith(home) else home
    if here.startswith(reverse("datasets:columns", args=[dataset.pk])):
        here = ""  # what a person is choosing there stays
    response = show(request, "datasets/_dataset.html#progress", dataset, here=here)
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
        finding = decide.decide(dataset, code, choice, by=str(request.user), value=form.cleaned_data["value"])
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, f"dataset.finding_{choice}", dataset, finding=code, rows=finding["count"])
    return done(request, dataset)


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
    return done(request, dataset)


@require_POST
@access.member
def accept(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    try:
        decide.accept_recommended(dataset, by=str(request.user))
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "dataset.recommended_accepted", dataset)
    return done(request, dataset)


@require_POST
@access.member
def task(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    before, chosen = dataset.task, request.POST.get("task", "")
    try:
        choose.task(dataset, chosen)
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "dataset.task_chosen", dataset, task=chosen or "inferred", before=before)
    return done(request, dataset)


@require_http_methods(["GET", "HEAD", "POST"])
@access.member
def columns(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    if "columns" not in dataset.layout and dataset.to_read:
        return refused(request, Refused(choose.NOT_LOOKED_AT), dataset)
    form = ColumnsForm(dataset, request.POST if request.method == "POST" else None)
    if request.htmx.target == "seen":
        seen = found.examples(dataset, form.mapping()) if form.is_valid() else []
        return show(request, "datasets/columns.html#seen", dataset, form=form, seen=seen)
    if form.is_valid():
        try:
            choose.columns(dataset, **form.chosen())
        except Refused as why:
            return refused(request, why, dataset)
        audit.record(request, "dataset.columns_chosen", dataset, **form.columns())
        begin(dataset)
        return redirect(dataset)
    context = {"preview": found.preview(dataset), "seen": found.examples(dataset, form.proposed())}
    return show(request, "datasets/columns.html", dataset, form=form, tab="checks", **context)


@require_POST
@access.member
def retry(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    try:
        choose.again(dataset)
    except Refused as why:
        return refused(request, why, dataset)
    if dataset.to_read:
        messages.info(request, say(choose.READING_AGAIN))
    begin(dataset)
    audit.record(request, "dataset.retried", dataset)
    return redirect(dataset)


@require_POST
@access.member
def cancel(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    try:
        cancelling.cancel(dataset)
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "dataset.work_cancelled", dataset)
    return redirect(dataset)

"""Versions: make one, look at one, take its files away."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from datasets import leaks, recipe, recommend, tasks, version
from datasets.forms import VersionForm
from datasets.models import Dataset, Version, VersionQuerySet
from datasets.remove import delete_version
from datasets.views.download import attachment, filename
from datasets.views.page import begin, dataset_of, refused, show, version_of
from datasets.words import Refused
from teams import access, audit
from teams.access import OrgRequest
from work import ring as bell


@require_safe
@access.viewer
def versions(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    others = leaks.others(dataset)
    own = _one(others, request.GET.get("validation_from", ""))
    kept = {name: request.GET[name] for name in ("share", "at_most") if name in request.GET}
    form = VersionForm(others=others, initial={**kept, "validation_from": own and own.pk})
    return _page(request, dataset, form, own=own)


@require_POST
@access.member
def make(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    form = VersionForm(request.POST, others=leaks.others(dataset))
    if not form.is_valid():
        return _page(request, dataset, form, own=form.cleaned_data.get("validation_from"), status=422)
    if own := form.unseen():
        again = VersionForm(others=leaks.others(dataset), initial={**form.cleaned_data, "leave_out": True})
        return _page(request, dataset, again, own=own)
    wanted = form.wanted(dataset)
    try:
        version.request(dataset, **wanted, by=request.user.pk)
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "version.requested", dataset, **{**wanted, "validation": str(wanted.get("validation", ""))})
    begin(dataset)
    return redirect("datasets:versions", pk)


def _page(
    request: OrgRequest, dataset: Dataset, form: VersionForm, *, own: Version | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"versions": dataset.versions.select_related("created_by"), "form": form, "own": own}
    if own and dataset.prepared_count and not dataset.busy:
        context |= _leaks(dataset, own)
    part = f"#{request.htmx.target}" if request.htmx.target in ("validation", "leaks") else ""
    template = f"datasets/versions.html{part}"
    response = show(request, template, dataset, tab="versions", **context)
    response.status_code = status
    return response


def _leaks(dataset: Dataset, own: Version) -> dict[str, Any]:
    """What of another dataset's version stands here too, or how far the search for it has come."""
    kept = leaks.answer(dataset, own)
    if not kept.is_there() and leaks.is_small(dataset, own):
        leaks.look(dataset, own)
    if kept.is_there():
        return {"leaks": leaks.report(dataset, own)}
    return {"progress": kept.ask(partial(bell.soon, tasks.look_for_leaks.delay, dataset.pk, own.pk))}


def _one(versions: VersionQuerySet, pk: str) -> Version | None:
    return versions.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 19 else None


@require_safe
@access.viewer
def detail(request: OrgRequest, pk: int, number: int) -> HttpResponse:
    made = version_of(request, pk, number)
    steps = recipe.in_words(made.recipe)
    others = made.dataset.versions.exclude(pk=made.pk)
    context = {
        "version": made,
        "steps": steps,
        "has_others": others.exists(),
        "training": recommend.for_training(made),
        "use": recommend.for_use(made),
    }
    return show(request, "datasets/version.html", made.dataset, tab="versions", **context)


@require_safe
@access.viewer
def download(request: OrgRequest, pk: int, number: int, side: str) -> HttpResponseBase:
    made = version_of(request, pk, number)
    stored = getattr(made, side)
    if not stored:
        raise Http404
    audit.revealed(request, "version.downloaded", made.dataset, number=number, file=side)
    return attachment(stored, filename(made, side), "application/jsonl")


@require_POST
@access.member
def delete(request: OrgRequest, pk: int, number: int) -> HttpResponse:
    made = version_of(request, pk, number)
    try:
        delete_version(made)
    except Refused as why:
        return refused(request, why, made)
    audit.record(request, "version.deleted", made.dataset, number=number, sha256=made.training_sha256)
    return redirect("datasets:versions", pk)

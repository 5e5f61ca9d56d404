"""Versions: make one, look at one, take its files away."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from datasets import recipe, version
from datasets.forms import VersionForm
from datasets.remove import delete_version
from datasets.views.download import attachment, filename
from datasets.views.page import begin, dataset_of, refused, show, version_of
from datasets.words import Refused
from teams import access, audit
from teams.access import OrgRequest


@require_safe
@access.viewer
def versions(request: OrgRequest, pk: int) -> HttpResponse:
    return _page(request, pk, VersionForm())


@require_POST
@access.member
def make(request: OrgRequest, pk: int) -> HttpResponse:
    form = VersionForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, form, status=422)
    dataset = dataset_of(request, pk)
    wanted = form.wanted(dataset)
    try:
        version.request(dataset, **wanted, by=request.user.pk)
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "version.requested", dataset, **wanted)
    begin(dataset)
    return redirect("datasets:versions", pk)


def _page(request: OrgRequest, pk: int, form: VersionForm, status: int = 200) -> HttpResponse:
    dataset = dataset_of(request, pk)
    made = dataset.versions.select_related("created_by")
    response = show(request, "datasets/versions.html", dataset, tab="versions", versions=made, form=form)
    response.status_code = status
    return response


@require_safe
@access.viewer
def detail(request: OrgRequest, pk: int, number: int) -> HttpResponse:
    made = version_of(request, pk, number)
    steps = recipe.in_words(made.recipe)
    others = made.dataset.versions.exclude(pk=made.pk)
    context = {"version": made, "steps": steps, "has_others": others.exists()}
    return show(request, "datasets/version.html", made.dataset, tab="versions", **context)


@require_safe
@access.viewer
def download(request: OrgRequest, pk: int, number: int, side: str) -> HttpResponseBase:
    made = version_of(request, pk, number)
    stored = getattr(made, side)
    if not stored:
        raise Http404
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

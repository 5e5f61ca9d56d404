"""The list of evaluations, and the page that begins a new one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from datasets.models import Version
from datasets.wording import say
from datasets.words import Refused
from evaluations import found, offer, receive
from evaluations.forms import SheetForm, VersionForm
from evaluations.models import Evaluation
from playground.pick import Picked
from teams import access, audit
from teams.access import OrgRequest

PER_PAGE = 25


@require_safe
@access.viewer
def evaluation_list(request: OrgRequest) -> HttpResponse:
    wanted = found.Wanted.of(request.GET)
    page = Paginator(found.evaluations(request.organization, wanted), PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": page,
        "wanted": wanted,
        "states": [("", _("All")), ("active", _("Under way")), ("draft", _("Drafts")), ("ended", _("Ended"))],
        "query": query.urlencode(),
    }
    template = "evaluations/list.html#rows" if request.htmx.target == "rows" else "evaluations/list.html"
    return render(request, template, context)


@require_safe
@access.member
def new(request: OrgRequest) -> HttpResponse:
    return _page(request, _meant(request))


@require_POST
@access.member
def of_version(request: OrgRequest) -> HttpResponse:
    form = VersionForm(request.organization, request.POST)
    if not form.is_valid():
        return _page(request, _meant(request), of_version=form)
    version = form.cleaned_data["version"]
    parts = receive.parts(version)
    if not parts:
        form.add_error("version", _("This version has no rows."))
        return _page(request, _meant(request), of_version=form)
    return _begun(request, receive.of_version(request.organization, request.user, version, parts[0][0]))


@require_POST
@access.member
def of_sheet(request: OrgRequest) -> HttpResponse:
    form = SheetForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            evaluation = receive.of_sheet(request.organization, request.user, form.cleaned_data["file"])
        except Refused as why:
            form.add_error("file", say(why.sentence))
        else:
            audit.record(request, "evaluation.uploaded", evaluation, filename=evaluation.filename, bytes=evaluation.size)
            return _begun(request, evaluation)
    return _page(request, _meant(request), of_sheet=form)


def _begun(request: OrgRequest, evaluation: Evaluation) -> HttpResponse:
    keys = [one.key for one in _meant(request)]
    query = f"?{urlencode({'models': keys}, doseq=True)}" if keys else ""
    return redirect(reverse("evaluations:set_up", args=[evaluation.pk]) + query)


def _meant(request: OrgRequest) -> list[Picked]:
    """Return the models that a person came from."""
    sent = request.POST if request.method == "POST" else request.GET
    return offer.picked(request.organization, sent.getlist("models"))


def _page(request: OrgRequest, targets: list[Picked], **bound: Any) -> HttpResponse:
    version = _version(request, targets)
    context = {
        "targets": targets,
        "of_version": VersionForm(request.organization, initial={"version": version}),
        "of_sheet": SheetForm(),
        "max_bytes": settings.EVALUATION_MAX_BYTES,
        "max_mb": settings.EVALUATION_MAX_BYTES // 2**20,
        **bound,
    }
    return render(request, "evaluations/new.html", context, status=422 if bound else 200)


def _version(request: OrgRequest, targets: list[Picked]) -> Version | None:
    """Return the version that the address names, else the one that a model came from."""
    named = request.GET.get("version", "")
    if named.isascii() and named.isdecimal() and len(named) < 19:
        versions = Version.objects.filter(dataset__organization=request.organization).select_related("dataset")
        return versions.filter(pk=int(named)).first()
    return next((one.version for one in targets if one.version), None)

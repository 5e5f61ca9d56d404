"""Train something again elsewhere, in three clicks: this page, the connection, start."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from connections.models import Connection
from datasets.wording import say
from datasets.words import Refused
from finetunes import again
from finetunes.archive import report
from finetunes.models import FineTune
from teams import access, audit
from teams.access import OrgRequest


@require_safe
@access.member
def again_choose(request: OrgRequest, pk: int) -> HttpResponse:
    """Offer the other connections; say what is missing if its data is not here."""
    return _choose(request, _fine_tune(request, pk))


@require_POST
@access.member
def again_take(request: OrgRequest, pk: int, connection: int) -> HttpResponse:
    """Make a version of the kept training file, and go on to the form as soon as it is there."""
    fine_tune, target = _fine_tune(request, pk), _target(request, connection)
    try:
        data = again.take(fine_tune, request.user)
    except (Refused, OSError) as error:
        said = say(error.sentence.to_json()) if isinstance(error, Refused) else _("The kept file cannot be read.")
        return _choose(request, fine_tune, problem=said)
    if data.dataset is not None:
        audit.record(request, "fine-tune.data-taken", fine_tune, dataset=data.dataset.pk)
    return redirect("finetunes:again-wait", pk, target.pk)


@require_safe
@access.member
def again_wait(request: OrgRequest, pk: int, connection: int) -> HttpResponse:
    fine_tune, target = _fine_tune(request, pk), _target(request, connection)
    data = again.data_of(fine_tune)
    if data.version is not None:
        address = again.form(fine_tune, target, data.version)
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    if data.dataset is None:
        return redirect("finetunes:again", pk)
    context = {"fine_tune": fine_tune, "target": target, "dataset": data.dataset, "is_stuck": not data.dataset.busy}
    template = "finetunes/again.html#waiting" if request.htmx.target == "waiting" else "finetunes/again.html"
    return render(request, template, context)


def _fine_tune(request: OrgRequest, pk: int) -> FineTune:
    related = FineTune.objects.of(request.organization).select_related("connection", "training_version__dataset", "adopted")
    return get_object_or_404(related, pk=pk)


def _target(request: OrgRequest, pk: int) -> Connection:
    return get_object_or_404(Connection.objects.of(request.organization).active(), pk=pk)


def _choose(request: OrgRequest, fine_tune: FineTune, problem: str = "") -> HttpResponse:
    data = again.data_of(fine_tune)
    targets = [(one, again.form(fine_tune, one, data.version) if data.version else "") for one in again.others(fine_tune)]
    context: dict[str, Any] = {"fine_tune": fine_tune, "data": data, "targets": targets, "problem": problem}
    if not (data.version or data.dataset or data.kept):
        context["missing"] = report.why_missing(fine_tune)
    return render(request, "finetunes/again.html", context, status=422 if problem else 200)

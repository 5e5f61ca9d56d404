"""The deletion of a model: what rests on it, the wish, the hold, and taking it back. For owners."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from finetunes import tasks
from finetunes.deletion import ask
from finetunes.models import Deletion, Model
from finetunes.rests import resting_on
from teams import access, audit
from teams.access import OrgRequest


@require_http_methods(["GET", "HEAD", "POST"])
@access.owner
def model_delete(request: OrgRequest, pk: int) -> HttpResponse:
    model = _model(request, pk)
    if request.method != "POST":
        return _page(request, model)
    try:
        deletion = ask.ask(model, request.user, **_said(request))
    except ask.Refused as error:
        return _page(request, model, str(error))
    wish = {"reason": request.POST["reason"].strip(), "at_once": deletion.at_once}
    audit.record(request, "model.deletion-asked", model, until=deletion.hold_until.isoformat(), **wish)
    if deletion.is_held:
        messages.success(request, _("The model is hidden, and will be deleted when its hold ends."))
    else:
        tasks.delete_soon(deletion)
        messages.success(request, _("The model is hidden, and is being deleted at its provider now."))
    return redirect(model)


@require_POST
@access.owner
def model_restore(request: OrgRequest, pk: int) -> HttpResponse:
    model = _model(request, pk)
    try:
        deletion = ask.restore(model, request.user)
    except ask.Refused as error:
        messages.error(request, str(error))
    else:
        audit.record(request, "model.restored", model, reason=deletion.reason)
        messages.success(request, _("The model is back where it was."))
    return redirect(model)


@require_POST
@access.owner
def model_delete_again(request: OrgRequest, pk: int) -> HttpResponse:
    """Tell the provider again, without waiting for the next attempt."""
    model = _model(request, pk)
    if deletion := ask.retry(model):
        audit.record(request, "model.deletion-retried", model)
        tasks.delete_soon(deletion)
        messages.info(request, _("The provider is being told again."))
    return redirect(model)


def _said(request: OrgRequest) -> dict[str, Any]:
    return {
        "typed": request.POST.get("name", ""),
        "reason": request.POST.get("reason", ""),
        "at_once": bool(request.POST.get("at_once")),
    }


def _page(request: OrgRequest, model: Model, problem: str = "") -> HttpResponse:
    days = settings.DELETION_HOLD_DAYS
    deletion = Deletion.objects.open().for_pages().filter(model=model).first()
    said = _said(request)
    context = {
        "model": model,
        "deletion": deletion,
        "reason": said["reason"] or (deletion.reason if deletion else ""),
        "resting": resting_on(model),
        "problem": problem,
        "said": said,
        "days": days,
        "until": timezone.now() + timedelta(days=days),
        "longest_reason": ask.LONGEST_REASON,
    }
    return render(request, "models/delete.html", context, status=422 if problem else 200)


def _model(request: OrgRequest, pk: int) -> Model:
    return get_object_or_404(Model.objects.of(request.organization).for_lists(), pk=pk)

"""The form that starts a fine-tune."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from finetunes import approval, create, tasks
from finetunes.forms.draft import Draft, Missing, draft
from finetunes.forms.permit import PermitForm
from finetunes.models import FineTune, Model
from finetunes.twins import AlreadyStarted
from teams import access, audit
from teams.access import OrgRequest


@require_http_methods(["GET", "HEAD", "POST"])
@access.member
def fine_tune_new(request: OrgRequest) -> HttpResponse:
    """Show the form; start the fine-tune. Sent twice (a double click, two tabs), it is started once."""
    if request.method != "POST":
        made = draft(request.organization, request.GET, bound=False, fresh="again" in request.GET)
        return _form(request, made)
    made = draft(request.organization, request.POST, bound=True)
    if isinstance(made, Missing) or not made.is_valid():
        return _form(request, made, status=422)
    try:
        fine_tune = _start(request, made)
    except AlreadyStarted as question:
        return _form(request, made, status=409, twin=question.twin)
    except create.NotPossible as error:
        made.start.add_error(None, str(error))
        return _form(request, made, status=422)
    except approval.Unconfirmed:
        return _form(request, made, status=422)
    return redirect(fine_tune)


def _start(request: OrgRequest, made: Draft) -> FineTune:
    chosen = made.start.cleaned_data
    fine_tune, is_new = approval.start(
        request.organization,
        request.user,
        _permit(request),
        token=chosen["token"],
        known_twin=_known_twin(request),
        connection=chosen["connection"],
        base_model=chosen["base_model"],
        version=chosen["version"],
        use_validation=chosen["use_validation"],
        suffix=chosen["suffix"],
        hyperparameters=made.settings.hyperparameters(),
        parent=Model.objects.filter(connection=chosen["connection"], name=chosen["base_model"]).first(),
        **made.settings.extras(),
    )
    if is_new:
        audit.record(request, "fine-tune.created", fine_tune, base_model=fine_tune.base_model)
    tasks.advance_soon(fine_tune)
    return fine_tune


def _permit(request: OrgRequest) -> approval.Permit:
    return approval.Permit(
        is_owner=request.membership.can_own,
        confirmed=bool(request.POST.get("confirmed")),
        why=request.POST.get("why", "")[:1000],
        address=audit.address(request),
    )


def _form(request: OrgRequest, made: Draft | Missing, status: int = 200, twin: FineTune | None = None) -> HttpResponse:
    template = "finetunes/new.html#form" if request.htmx.target == "new-fine-tune" else "finetunes/new.html"
    context: dict[str, Any] = {"draft": made, "twin": twin}
    if isinstance(made, Draft):
        context |= _permission(request, made)
    return render(request, template, context, status=status)


def _permission(request: OrgRequest, made: Draft) -> dict[str, Any]:
    """Say beforehand whether it starts at once; what was written about it is kept while the form changes."""
    found = (
        approval.ruling(request.organization, made.forecast, is_owner=request.membership.can_own) if made.forecast else None
    )
    form = PermitForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    is_unconfirmed = request.method == "POST" and found is not None and found.verdict == "confirm"
    if is_unconfirmed and not form["confirmed"].value():
        form.add_error("confirmed", _("Tick this to start it."))
    return {"ruling": found, "permit": form}


def _known_twin(request: OrgRequest) -> int:
    """Return which one of the same kind the person knows of and wants another one beside; 0 is none."""
    text = request.POST.get("known_twin", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0

"""The form that starts a fine-tune."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from finetunes import create, tasks
from finetunes.forms.draft import Draft, Missing, draft
from finetunes.models import FineTune, Model
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
    except create.NotPossible as error:
        made.start.add_error(None, str(error))
        return _form(request, made, status=422)
    return redirect(fine_tune)


def _start(request: OrgRequest, made: Draft) -> FineTune:
    chosen = made.start.cleaned_data
    fine_tune, is_new = create.intend(
        request.organization,
        request.user,
        token=chosen["token"],
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


def _form(request: OrgRequest, made: Draft | Missing, status: int = 200) -> HttpResponse:
    template = "finetunes/new.html#form" if request.htmx.target == "new-fine-tune" else "finetunes/new.html"
    return render(request, template, {"draft": made}, status=status)

"""What members do with an evaluation that has been started: stop it, go on, put it to other models."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from datasets.wording import say
from datasets.words import Refused
from evaluations import cancel as cancelling
from evaluations import offer, tasks
from evaluations import start as starting
from evaluations.forms import ModelsForm
from evaluations.models import Evaluation
from evaluations.views.detail import fetch
from evaluations.views.set_up import groups
from teams import access, audit
from teams.access import OrgRequest

ASKED = (Evaluation.State.READING, Evaluation.State.READY)


@require_POST
@access.member
def cancel(request: OrgRequest, pk: int) -> HttpResponse:
    evaluation = fetch(request, pk)
    if cancelling.cancel(evaluation):
        audit.record(request, "evaluation.cancelled", evaluation)
        messages.info(request, _("Nothing more is asked. What was answered stays; press Resume to go on."))
    else:
        messages.warning(request, _("Nothing was being asked any more."))
    return redirect(evaluation)


@require_POST
@access.member
def resume(request: OrgRequest, pk: int) -> HttpResponse:
    """Go on with all models that were stopped, or ask one of them again what it had no answer to."""
    evaluation = fetch(request, pk)
    named = request.POST.get("run", "")
    if named:
        run = get_object_or_404(evaluation.runs, pk=int(named) if named.isascii() and named.isdecimal() else 0)
        resumed = int(cancelling.resume_run(run))
    else:
        resumed = cancelling.resume(evaluation)
    if resumed:
        audit.record(request, "evaluation.resumed", evaluation)
        tasks.soon(evaluation)
    else:
        messages.warning(request, _("There is nothing to go on with."))
    return redirect(evaluation)


@require_http_methods(["GET", "HEAD", "POST"])
@access.member
def again(request: OrgRequest, pk: int) -> HttpResponse:
    """Put the same rows to more models."""
    evaluation = fetch(request, pk)
    if evaluation.state not in ASKED:
        return redirect(evaluation)
    form = ModelsForm(evaluation, request.POST if request.method == "POST" else None)
    if form.is_valid() and _added(request, evaluation, form):
        return redirect(evaluation)
    targets = form.picked if form.is_bound else offer.picked(request.organization, request.GET.getlist("models"))
    context = {
        "evaluation": evaluation,
        "form": form,
        "choices": offer.choices(evaluation, targets),
        "groups": groups(request),
    }
    return render(request, "evaluations/again.html", context, status=422 if form.is_bound else 200)


def _added(request: OrgRequest, evaluation: Evaluation, form: ModelsForm) -> bool:
    """Whether they are asked now; if not, the form says why."""
    try:
        new = starting.add(evaluation, request.user, form.cleaned_data["models"])
    except Refused as why:
        form.add_error(None, say(why.sentence))
        return False
    if new:
        audit.record(request, "evaluation.extended", evaluation, models=[run.name for run in new])
        tasks.soon(evaluation)
    return True

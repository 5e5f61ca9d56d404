"""A draft: which columns, which models, what it may cost. Nothing is asked before Start."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from datasets.wording import say
from datasets.words import Refused
from evaluations import estimate as estimating
from evaluations import offer, propose, receive, tasks
from evaluations import start as starting
from evaluations.forms import ModelsForm, ReadForm, SetUpForm
from evaluations.models import Evaluation
from evaluations.views.page import evaluation_of
from playground import pick
from playground.pick import BaseModels, Picked
from teams import access, audit
from teams.access import OrgRequest

PAGE, MODELS = "evaluations/set_up.html", "evaluations/_models.html"


@require_safe
@access.member
def set_up(request: OrgRequest, pk: int) -> HttpResponse:
    evaluation = evaluation_of(request, pk)
    if evaluation.state != Evaluation.State.DRAFT:
        return redirect(evaluation)
    targets = offer.picked(request.organization, request.GET.getlist("models")) or offer.first(evaluation)
    return _page(request, evaluation, SetUpForm(evaluation, initial=_initial(evaluation, targets)), targets)


@require_safe
@access.member
def models(request: OrgRequest, pk: int) -> HttpResponse:
    """The models that fit some words, with those that are ticked already."""
    evaluation = evaluation_of(request, pk)
    targets = offer.picked(request.organization, request.GET.getlist("models"))
    choices = offer.choices(evaluation, targets, request.GET.get("q", "").strip()[:200])
    return render(request, f"{MODELS}#choices", {"evaluation": evaluation, "choices": choices})


@require_safe
@access.member
def bases(request: OrgRequest, pk: int, connection: int) -> HttpResponse:
    evaluation = evaluation_of(request, pk)
    found = get_object_or_404(pick.connections(request.organization), pk=connection)
    return render(request, f"{MODELS}#bases", {"evaluation": evaluation, "group": pick.base_models(found)})


@require_POST
@access.member
def read(request: OrgRequest, pk: int) -> HttpResponse:
    """Look at another sheet, or take the columns' names from another row."""
    evaluation = evaluation_of(request, pk)
    form = ReadForm(request.POST)
    if evaluation.state == Evaluation.State.DRAFT and evaluation.source and form.is_valid():
        try:
            receive.look_again(evaluation, form.options(evaluation.options))
        except Refused as why:
            messages.warning(request, say(why.sentence))
    return _back(request, evaluation)


@require_POST
@access.member
def estimate(request: OrgRequest, pk: int) -> HttpResponse:
    """What it would cost and how long it would take, as the form stands."""
    evaluation = evaluation_of(request, pk)
    is_draft = evaluation.state == Evaluation.State.DRAFT
    form = SetUpForm(evaluation, request.POST) if is_draft else ModelsForm(evaluation, request.POST)
    context: dict[str, Any] = {"estimate": None}
    if form.is_valid():
        try:
            found = estimating.estimate(_described(evaluation, form), form.cleaned_data["models"], **wanted(form))
            context = {"estimate": found, "questions": found.rows * len(found.shares)}
        except Refused as why:
            form.add_error(None, say(why.sentence))
    if is_draft and request.htmx.target != "estimate":
        return _page(request, evaluation, form, form.picked, **context)
    return render(request, "evaluations/_estimate.html", {"evaluation": evaluation, "form": form, **context})


@require_POST
@access.member
def start(request: OrgRequest, pk: int) -> HttpResponse:
    evaluation = evaluation_of(request, pk)
    if evaluation.state != Evaluation.State.DRAFT:
        return redirect(evaluation)  # the second of two clicks
    form = SetUpForm(evaluation, request.POST)
    if not form.is_valid():
        return _page(request, evaluation, form, form.picked, status=422)
    _name(evaluation, form)
    try:
        is_first = starting.start(evaluation, request.user, form.cleaned_data["models"], **wanted(form))
    except Refused as why:
        form.add_error(None, say(why.sentence))
        return _page(request, evaluation, form, form.picked, status=422)
    if is_first:
        names = [one.name for one in form.picked]
        audit.record(request, "evaluation.started", evaluation, models=names, at_most=form.cleaned_data["at_most"])
        tasks.soon(evaluation)
    return redirect(evaluation)


def _name(evaluation: Evaluation, form: SetUpForm) -> None:
    """Write down what a draft is called and which part it takes; once it has started, both stay."""
    chosen = {name: form.cleaned_data[name] for name in ("name", "part") if name in form.cleaned_data}
    Evaluation.objects.filter(pk=evaluation.pk, state=Evaluation.State.DRAFT).update(**chosen)
    evaluation.refresh_from_db()


def _described(evaluation: Evaluation, form: ModelsForm) -> Evaluation:
    """The draft as the form stands, which is not written down before Start."""
    evaluation.part = form.cleaned_data.get("part") or evaluation.part
    return evaluation


def wanted(form: ModelsForm) -> dict[str, Any]:
    """What a start is given besides the models: as the form says, else as it was when the evaluation started."""
    evaluation, chosen = form.evaluation, form.cleaned_data
    if not isinstance(form, SetUpForm):
        return {"mapping": evaluation.mapping, "at_most": evaluation.at_most, "known": evaluation.known}
    return {"mapping": form.mapping(), "at_most": chosen["at_most"], "known": chosen["known"]}


def _initial(evaluation: Evaluation, targets: list[Picked]) -> dict[str, Any]:
    used = {"name": evaluation.name, "part": evaluation.part}
    used |= {key: evaluation.options.get(key) for key in ("sheet", "header_row")}
    if evaluation.version is None:
        used |= propose.mapping(evaluation.layout.get("columns", []), offer.versions(evaluation, targets))
    return used


def _back(request: OrgRequest, evaluation: Evaluation) -> HttpResponse:
    keys = [one.key for one in offer.picked(request.organization, request.POST.getlist("models"))]
    query = f"?{urlencode({'models': keys}, doseq=True)}" if keys else ""
    return redirect(reverse("evaluations:set_up", args=[evaluation.pk]) + query)


def _page(
    request: OrgRequest, evaluation: Evaluation, form: ModelsForm, targets: list[Picked], *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "evaluation": evaluation,
        "form": form,
        "choices": offer.choices(evaluation, targets),
        "groups": groups(request),
        "preview": _preview(evaluation),
        **more,
    }
    return render(request, PAGE, context, status=status)


def _preview(evaluation: Evaluation) -> list[list[str]]:
    columns = evaluation.layout.get("columns", [])
    return [[row.get(column, "") for column in columns] for row in evaluation.layout.get("preview", [])]


def groups(request: OrgRequest) -> list[BaseModels]:
    """Return a group of base models for each connection; not asked for yet unless the address says so."""
    connections = pick.connections(request.organization)
    if "bases" in request.GET:
        return [pick.base_models(one) for one in connections]
    return [BaseModels(connection=one, listed=False) for one in connections]

"""What the answers of an evaluation are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluations.models import Evaluation, Run, Scoring
from evaluations.results import deciding, examples, reporting, tables, trust
from evaluations.score import ABOUT
from finetunes.models import FineTune
from teams import access, audit
from teams.access import OrgRequest

PAGE = "evaluations/scores.html"


@require_safe
@access.viewer
def scores(request: OrgRequest, pk: int) -> HttpResponse:
    evaluation = _evaluation(request, pk)
    runs = tables.in_order(evaluation)
    chosen = _chosen(request, runs)
    context = {"evaluation": evaluation, "table": tables.table(runs), "chosen": chosen}
    return render(request, PAGE, context | (_of_one(request, chosen, runs) if chosen else {}))


@require_safe
@access.viewer
def short(request: OrgRequest, pk: int) -> HttpResponse:
    """The table alone, which the evaluation's page asks for until all is scored."""
    evaluation = _evaluation(request, pk)
    context = {"evaluation": evaluation, "table": tables.table(tables.in_order(evaluation)), "is_short": True}
    return render(request, "evaluations/_scores.html", context)


@require_POST
@access.member
def keep(request: OrgRequest, pk: int) -> HttpResponse:
    """Keep a threshold with the model, or forget the one that it has."""
    evaluation = _evaluation(request, pk)
    run = get_object_or_404(_scored(evaluation), pk=_pk(request.POST.get("run", "")))
    if "forget" in request.POST:
        model = deciding.forget(run)
        said = _("The playground takes the likeliest label again.")
    else:
        chosen = deciding.deciding(run, _data(run), request.POST)
        model = deciding.keep(evaluation, chosen) if chosen and chosen.can_be_told else None
        said = _("Kept. The playground goes by it from now on.")
    if model is None:
        raise Http404
    audit.record(request, "model.threshold", model, **model.threshold)
    messages.success(request, said)
    return redirect(f"{reverse('evaluations:scores', args=[pk])}?run={run.pk}#threshold")


@require_safe
@access.viewer
def report(request: OrgRequest, pk: int) -> HttpResponse:
    evaluation = _evaluation(request, pk)
    audit.revealed(request, "evaluation.downloaded", evaluation, file="report")
    response = HttpResponse(reporting.page(evaluation, tables.in_order(evaluation)), content_type="text/html; charset=utf-8")
    name = slugify(evaluation.name) or "evaluation"
    response["Content-Disposition"] = f'attachment; filename="{name}.html"'
    return response


@require_safe
@access.viewer
def of_fine_tune(request: OrgRequest, pk: int) -> HttpResponse:
    """The newest scored evaluation of what a fine-tune has made, for its page on classes."""
    fine_tune = get_object_or_404(FineTune.objects.of(request.organization), pk=pk)
    runs = Run.objects.of(request.organization).filter(model__fine_tune=fine_tune, scored_at__isnull=False)
    run = runs.select_related("evaluation", "model", "connection").order_by("-evaluation__created_at", "-pk").first()
    context: dict[str, Any] = {"fine_tune": fine_tune, "run": run}
    if run:
        data = _data(run)
        context |= {"evaluation": run.evaluation, "chosen": run, **_classes(request, run, data)}
    return render(request, "evaluations/_scores_of_fine_tune.html", context)


def _of_one(request: OrgRequest, run: Run, runs: Sequence[Run]) -> dict[str, Any]:
    """What is shown of one model, beside the table of all."""
    found = tables.scorings(run.evaluation)
    data = found[run.pk].data if run.pk in found else {}
    scored = [one for one in runs if one.scores]
    return {
        **_classes(request, run, data),
        "classes": tables.classes(data),
        "curve": trust.curve(data),
        "slices": tables.slices(data),
        "worst": examples.worst(run),
        "met": data.get("contradictions"),
        "contradictions": examples.contradictions(run, data),
        "comparisons": [(one, _moved(one)) for one in tables.comparisons(scored, found)],
    }


def _classes(request: OrgRequest, run: Run, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "matrix": tables.Confused(run, data).matrix if data.get("cells") else None,
        "deciding": deciding.deciding(run, data, request.GET),
        "may_keep": request.membership.can_change
        and run.model is not None
        and not (run.model.is_deleted or run.model.is_being_deleted),
    }


def _moved(pair: tables.Compared) -> dict[str, Any]:
    if not pair.is_by_label:
        return {}
    return {
        "better": examples.moved(pair.first, pair.second, to_right=True),
        "worse": examples.moved(pair.first, pair.second, to_right=False),
    }


def _evaluation(request: OrgRequest, pk: int) -> Evaluation:
    return get_object_or_404(Evaluation.objects.of(request.organization).select_related("version__dataset"), pk=pk)


def _scored(evaluation: Evaluation) -> Any:
    return evaluation.runs.filter(scored_at__isnull=False).select_related("model", "evaluation")


def _chosen(request: OrgRequest, runs: Sequence[Run]) -> Run | None:
    """The model that the address names, else the last one: a tuned one, if there is any."""
    scored = [run for run in runs if run.scores and run.scores[ABOUT].get("rows")]
    named = _pk(request.GET.get("run", ""))
    return next((run for run in scored if run.pk == named), scored[-1] if scored else None)


def _data(run: Run) -> dict[str, Any]:
    found = Scoring.objects.filter(run=run).first()
    return found.data if found else {}


def _pk(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 0

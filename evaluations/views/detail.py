"""The page of one evaluation: how far it is, what came of it, and its rows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluations import browse, narrow, remove, tell
from evaluations.models import Evaluation, Run
from evaluations.narrow import Wanted
from teams import access, audit
from teams.access import OrgRequest

PAGE = "evaluations/detail.html"


@require_safe
@access.viewer
def detail(request: OrgRequest, pk: int) -> HttpResponse:
    evaluation = fetch(request, pk)
    if evaluation.state == Evaluation.State.DRAFT and request.membership.can_change:
        return redirect("evaluations:set_up", pk)
    wanted = Wanted.of(request.GET)
    if request.htmx.target == "drawer-content":
        return render(request, f"{PAGE}#drawer", _drawer(request, evaluation, wanted))
    context = {**told(request, evaluation), **_rows(request, evaluation, wanted), **_drawer(request, evaluation, wanted)}
    return render(request, f"{PAGE}#rows" if request.htmx.target == "rows" else PAGE, context)


@require_safe
@access.viewer
def poll(request: OrgRequest, pk: int) -> HttpResponse:
    """How far it is now; once the questions are there, and with the last answer, the page looks at what came of it."""
    evaluation = fetch(request, pk)
    context = told(request, evaluation)
    response = render(request, f"{PAGE}#polled", context)
    if not context["is_active"] or request.GET.get("was", evaluation.state) != evaluation.state:
        response["HX-Trigger-After-Settle"] = "evaluation-changed"
    return response


@require_POST
@access.member
def delete(request: OrgRequest, pk: int) -> HttpResponse:
    """A member deletes their own evaluations, an owner all of them."""
    evaluation = fetch(request, pk)
    if not _may_delete(request, evaluation):
        return render(request, "teams/refused.html", {"needed": "owner"}, status=403)
    if not remove.remove(evaluation):
        messages.warning(request, _("It is still asking. Cancel it first, then delete it."))
        return redirect(evaluation)
    audit.record(request, "evaluation.deleted", evaluation, rows=evaluation.row_count)
    messages.success(request, _("The evaluation is deleted."))
    return redirect("evaluations:list")


def fetch(request: OrgRequest, pk: int) -> Evaluation:
    runs = Run.objects.select_related("connection", "model", "evaluation").defer("model__raw", "evaluation__layout")
    found = Evaluation.objects.of(request.organization).prefetch_related(Prefetch("runs", runs))
    return get_object_or_404(found.select_related("version__dataset", "created_by"), pk=pk)


def told(request: OrgRequest, evaluation: Evaluation) -> dict[str, Any]:
    """What the page says of how far it is, and what can be done about it."""
    runs = list(evaluation.runs.all())
    return {
        "evaluation": evaluation,
        "runs": runs,
        "state": tell.state(evaluation),
        "lines": tell.lines(evaluation),
        "is_active": tell.is_active(evaluation),
        "may_cancel": any(run.is_active for run in runs) and not evaluation.error,
        "may_resume": any(run.state in (Run.State.CANCELLED, Run.State.STOPPED) for run in runs),
        "may_delete": _may_delete(request, evaluation),
    }


def _may_delete(request: OrgRequest, evaluation: Evaluation) -> bool:
    mine = evaluation.created_by_id == request.user.pk and request.membership.can_change
    return mine or request.membership.can_own


def _rows(request: OrgRequest, evaluation: Evaluation, wanted: Wanted) -> dict[str, Any]:
    runs = list(evaluation.runs.all())
    chosen = wanted.chosen(runs)
    page, rows = browse.page(evaluation, wanted, runs, request.GET.get("page", "1"))
    verdicts = [(name, words) for name, words in narrow.verdicts().items() if name != "differs" or len(runs) > 1]
    return {
        "page": page,
        "rows": rows,
        "wanted": wanted,
        "chosen": chosen,
        "verdicts": verdicts,
        "chips": narrow.chips(wanted, chosen, several=len(runs) > 1),
        "base": _base(wanted),
    }


def _base(wanted: Wanted) -> str:
    """The beginning of an address that one more name is put behind."""
    query = wanted.query()
    return f"?{query}&" if query else "?"


def _drawer(request: OrgRequest, evaluation: Evaluation, wanted: Wanted) -> dict[str, Any]:
    number, place = _number(request, "row"), _number(request, "at") or 0
    if number is None:
        return {}
    row = browse.opened(evaluation, wanted, list(evaluation.runs.all()), number, place)
    return {"opened": {"number": number, "row": row}, "base": _base(wanted), "evaluation": evaluation}


def _number(request: OrgRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None

"""What waits for an owner: the list, the page of one, and the decision."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetunes import approval, create, spending, tasks
from finetunes.models import Approval, Budget
from finetunes.peek import peek
from teams import access, audit
from teams.access import OrgRequest

PER_PAGE = 25
LONGEST_ANSWER = 1000


@require_safe
@access.viewer
def approval_list(request: OrgRequest) -> HttpResponse:
    rows = _mine(request).order_by("decision", "-asked_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "finetunes/approvals.html", {"page": page})


@require_safe
@never_cache
@access.viewer
def approval_detail(request: OrgRequest, pk: int) -> HttpResponse:
    return _page(request, _one(request, pk))


@require_POST
@access.owner
def approval_give(request: OrgRequest, pk: int) -> HttpResponse:
    asked = _one(request, pk)
    answer = request.POST.get("answer", "")[:LONGEST_ANSWER]
    try:
        approval.approve(asked.fine_tune, request.user, answer=answer, address=audit.address(request))
    except approval.TooLate as late:
        if approval.was_given_by(asked.fine_tune, request.user):  # a second click
            return redirect(asked.fine_tune)
        messages.info(request, str(late))
    except create.NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        tasks.advance_soon(asked.fine_tune)
        messages.success(request, _("Approved: it goes to the provider now."))
        return redirect(asked.fine_tune)
    return redirect("finetunes:approval", pk)


@require_POST
@access.owner
def approval_decline(request: OrgRequest, pk: int) -> HttpResponse:
    asked = _one(request, pk)
    answer = request.POST.get("answer", "").strip()[:LONGEST_ANSWER]
    if not answer:
        return _page(request, asked, problem=_("Say why: the person who asked reads it."), status=422)
    try:
        approval.decline(asked.fine_tune, request.user, answer=answer, address=audit.address(request))
    except approval.TooLate as late:
        messages.info(request, str(late))
    else:
        messages.success(request, _("Declined. Nothing was sent, and the person who asked is told."))
    return redirect("finetunes:approval", pk)


def _mine(request: OrgRequest) -> approval.Approvals:
    related = (
        "fine_tune__connection",
        "fine_tune__training_version__dataset",
        "fine_tune__charge",
        "asked_by",
        "decided_by",
    )
    return Approval.objects.filter(fine_tune__organization=request.organization).select_related(*related)


def _one(request: OrgRequest, pk: int) -> Approval:
    return get_object_or_404(_mine(request), fine_tune__pk=pk)


def _page(request: OrgRequest, asked: Approval, *, problem: str = "", status: int = 200) -> HttpResponse:
    budget = Budget.objects.filter(organization=request.organization).select_related("organization").first()
    context = {
        "asked": asked,
        "fine_tune": asked.fine_tune,
        "examples": peek(asked.fine_tune.version),
        "budget": budget,
        "left": spending.left(budget) if budget and budget.monthly_limit is not None else None,
        "sentences": _why(asked, budget, is_owner=request.membership.can_own) if budget else [],
        "problem": problem,
    }
    return render(request, "finetunes/approval.html", context, status=status)


def _why(asked: Approval, budget: Budget, *, is_owner: bool) -> list[str]:
    return [spending.sentence(spending.Reason(one), budget, is_owner=is_owner) for one in asked.because]

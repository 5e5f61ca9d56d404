"""What was spent this month, on what, and the limits that owners set."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from finetunes import spending
from finetunes.forms.budget import BudgetForm
from finetunes.models import Budget, Charge, FineTune
from teams import access, audit
from teams.access import OrgRequest

PER_PAGE = 25


@require_safe
@access.viewer
def spent(request: OrgRequest) -> HttpResponse:
    budget = _budget(request)
    start, end = spending.month_of(timezone.now())
    charges = Charge.objects.of(request.organization).between(start, end)
    rows = charges.select_related("fine_tune__connection", "fine_tune__started_by").order_by("-charged_at", "-pk")
    context = {
        "budget": budget,
        "start": start,
        "month": spending.this_month(request.organization, budget.currency),
        "elsewhere": FineTune.objects.of(request.organization)
        .filter(imported_at__isnull=False, created_at__gte=start)
        .count(),
        "left": spending.left(budget) if budget.monthly_limit is not None else None,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "finetunes/spending.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access.owner
def budget_edit(request: OrgRequest) -> HttpResponse:
    form = BudgetForm(request.POST or None, instance=_budget(request))
    if not form.is_valid():
        return render(request, "finetunes/budget.html", {"form": form}, status=422 if form.is_bound else 200)
    budget = form.save(commit=False)
    budget.changed_by = request.user
    budget.save()
    if form.changed_data:
        audit.record(request, "budget.changed", request.organization, **audit.changes(form, form.fields))
    messages.success(request, _("The limits are saved. They hold for what is started from now on."))
    return redirect("finetunes:spending")


def _budget(request: OrgRequest) -> Budget:
    """Return the stored budget, else an empty one that is not stored."""
    found = Budget.objects.filter(organization=request.organization).select_related("organization").first()
    return found or Budget(organization=request.organization)

"""The evaluations of one model, for its own page and that of its fine-tune."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from evaluations.models import Evaluation, Run
from finetunes.models import Model
from teams import access
from teams.access import OrgRequest

MOST = 20


@require_safe
@access.viewer
def of_model(request: OrgRequest, pk: int) -> HttpResponse:
    model = get_object_or_404(Model.objects.of(request.organization).defer("raw"), pk=pk)
    runs = Run.objects.of(request.organization).filter(model=model).exclude(evaluation__state=Evaluation.State.DRAFT)
    related = runs.select_related("evaluation__version__dataset").order_by("-evaluation__created_at", "-pk")
    template = "evaluations/of_model.html"
    context = {"model": model, "runs": related[:MOST], "may_ask": model.is_usable and request.membership.can_change}
    return render(request, f"{template}#table" if request.htmx else template, context)

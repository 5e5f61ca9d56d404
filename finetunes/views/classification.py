"""How well a classifier does, epoch by epoch."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from finetunes import classification
from finetunes.views.detail import fetch
from teams import access
from teams.access import OrgRequest


@require_safe
@access.viewer
def classification_report(request: OrgRequest, pk: int) -> HttpResponse:
    fine_tune = fetch(request, pk)
    context = {"fine_tune": fine_tune, "report": classification.report(fine_tune)}
    return render(request, "finetunes/classification.html", context)

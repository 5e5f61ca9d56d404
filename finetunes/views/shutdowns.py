"""What will be shut down, when, and everything that this affects."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from finetunes.shutdowns import MOST_SHOWN, calendar
from teams import access
from teams.access import OrgRequest


@require_safe
@access.viewer
def shutdown_list(request: OrgRequest) -> HttpResponse:
    context = {"shutdowns": calendar(request.organization), "most": MOST_SHOWN}
    return render(request, "models/shutdowns.html", context)

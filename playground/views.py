"""The playground's page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from teams import access


@require_safe
@access.viewer
def home(request: access.OrgRequest) -> HttpResponse:
    return render(request, "playground/home.html")

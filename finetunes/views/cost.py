"""What training on a dataset or a version would cost."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from connections.models import Connection
from datasets.models import Dataset, Version
from finetunes import cost
from teams import access
from teams.access import OrgRequest


@require_safe
@access.viewer
def training_cost(request: OrgRequest) -> HttpResponse:
    """A card for the page of a version or a dataset; asked for by itself, a page."""
    version = _version(request)
    connections = Connection.objects.of(request.organization).active()
    chosen = connections.filter(pk=_number(request, "connection")).first() or connections.first()
    found = cost.cost(version, chosen, request.GET.get("base_model", "")) if chosen else None
    template = "finetunes/cost.html#cost" if request.htmx.target == "cost" else "finetunes/cost.html"
    return render(request, template, {"version": version, "cost": found, "connections": connections})


def _version(request: OrgRequest) -> Version:
    if "version" in request.GET:
        versions = Version.objects.of(request.organization).select_related("dataset")
        return get_object_or_404(versions, pk=_number(request, "version"))
    dataset = get_object_or_404(Dataset.objects.of(request.organization), pk=_number(request, "dataset"))
    return cost.not_made_yet(dataset)


def _number(request: OrgRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0

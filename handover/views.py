"""Take the organization away: ask for its archive, follow how it is packed, download it while it is there."""

from __future__ import annotations

import uuid

from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetunes.views.download import download
from handover import depart, tasks
from handover.models import Departure
from handover.pack import stored
from teams import access, audit
from teams.access import OrgRequest

SHOWN = 10


@require_safe
@access.owner
def export(request: OrgRequest) -> HttpResponse:
    template = "handover/export.html#departures" if request.htmx.target == "departures" else "handover/export.html"
    departures = list(Departure.objects.of(request.organization).select_related("asked_by")[:SHOWN])
    is_busy = any(one.state == Departure.State.PACKING for one in departures)
    return render(request, template, {"departures": departures, "is_busy": is_busy})


@require_POST
@access.owner
def export_start(request: OrgRequest) -> HttpResponse:
    history = request.POST.get("history") == "on"
    departure = depart.request(request.organization, request.user, history=history)
    audit.record(request, "organization.export-asked", request.organization, history=departure.with_history)
    tasks.carry_out_soon(departure)
    return redirect("handover:export")


@require_safe
@never_cache
@access.owner
def export_download(request: OrgRequest, public_id: uuid.UUID) -> HttpResponseBase:
    departure = get_object_or_404(Departure.objects.of(request.organization).ready(), public_id=public_id)
    name = str(departure.file)
    if not default_storage.exists(name):
        raise Http404
    audit.record(request, "organization.exported", request.organization, sha256=departure.sha256)
    filename = f"{request.organization.slug}-{timezone.localdate(departure.asked_at):%Y-%m-%d}.zip"
    response = download(stored(name), filename, "application/zip")
    response["Content-Length"] = str(departure.size)
    return response

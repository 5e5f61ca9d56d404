"""The first page: what needs somebody, what is running, what has come out."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from connections.models import Connection
from datasets.models import Dataset
from finetunes.live import rows
from finetunes.models import FineTune, Model
from finetunes.shutdowns import SOON, calendar
from finetunes.statuses import Status
from teams import access
from teams.access import OrgRequest

RECENT = timedelta(days=7)
MOST = 8
FEW = 4


@require_safe
@access.viewer
def home(request: OrgRequest) -> HttpResponse:
    organization = request.organization
    fine_tunes = FineTune.objects.of(organization).for_lists()
    since = timezone.now() - RECENT
    context = {
        "shape": rows.shape(request.organization),
        "running": fine_tunes.moving()[:MOST],
        "recent": fine_tunes.ended()[:MOST],
        "failed": fine_tunes.filter(status=Status.FAILED, created_at__gt=since)[:MOST],
        "waiting": fine_tunes.filter(status=Status.AWAITING_APPROVAL)[:MOST],
        "undecided": fine_tunes.undecided()[:MOST],
        "troubled": fine_tunes.filter(status__in=[Status.LOST_CONTACT, Status.UNKNOWN])[:MOST],
        "ending": [one for one in calendar(organization, until=timezone.localdate() + SOON, whole=False) if not one.is_over],
        "models": Model.objects.of(organization).usable().filter(ready_at__isnull=False).for_lists()[:FEW],
        "total": FineTune.objects.of(organization).count(),
        "datasets": Dataset.objects.of(organization).count(),
        "has_connection": Connection.objects.of(organization).active().exists(),
    }
    return render(request, "home.html", context)

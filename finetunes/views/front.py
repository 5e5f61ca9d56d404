"""The first page: what needs somebody, what is running, what has come out."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from connections.models import Connection
from datasets.models import Dataset
from finetunes.live import rows
from finetunes.models import FineTune, FineTuneQuerySet, Model
from finetunes.models.fine_tune import MOVES, UNDECIDED
from finetunes.shutdowns import SOON, calendar
from finetunes.statuses import Status
from teams import access
from teams.access import OrgRequest
from teams.models import Organization

RECENT = timedelta(days=7)
MOST = 8
FEW = 4


@require_safe
@access.viewer
def home(request: OrgRequest) -> HttpResponse:
    organization = request.organization
    context = {
        "shape": rows.shape(request.organization),
        **_fine_tunes(organization),
        "ending": [one for one in calendar(organization, until=timezone.localdate() + SOON, whole=False) if not one.is_over],
        "models": _to_try(organization),
        "total": FineTune.objects.of(organization).count(),
        "datasets": Dataset.objects.of(organization).exists(),
        "has_connection": Connection.objects.of(organization).active().exists,  # asked only where nothing is yet
    }
    return render(request, "home.html", context)


def _to_try(organization: Organization) -> list[Model]:
    ready = Model.objects.of(organization).usable().filter(ready_at__isnull=False)
    return list(ready.select_related("fine_tune").only("name", "fine_tune__name")[:FEW])


def _fine_tunes(organization: Organization) -> dict[str, list[FineTune]]:
    """Find what each card shows by number alone, and read all of it at once: one may be in several."""
    mine = FineTune.objects.of(organization).order_by("-created_at", "-pk")
    failed = mine.filter(status=Status.FAILED, created_at__gt=timezone.now() - RECENT)
    ended = {"recent": mine.ended(), "failed": failed}
    found = _unfinished(mine) | {name: list(some.values_list("pk", flat=True)[:MOST]) for name, some in ended.items()}
    read = rows.read(pk for pks in found.values() for pk in pks)
    return {name: [read[pk] for pk in pks if pk in read] for name, pks in found.items()}


def _unfinished(mine: FineTuneQuerySet) -> dict[str, list[int]]:
    """Read at once what is under way, of which there is little, and sort it into its cards."""
    cards = {
        "running": MOVES,
        "waiting": Q(status=Status.AWAITING_APPROVAL),
        "undecided": UNDECIDED,
        "troubled": Q(status__in=[Status.LOST_CONTACT, Status.UNKNOWN]),
    }
    rows = mine.filter(settled_at=None).annotate(**{f"is_{name}": some for name, some in cards.items()})
    found = list(rows.values("pk", *(f"is_{name}" for name in cards)))
    return {name: [row["pk"] for row in found if row[f"is_{name}"]][:MOST] for name in cards}

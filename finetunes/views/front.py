"""The first page: what needs somebody, what is running, what has come out."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
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
from work.prepared import Prepared

RECENT = timedelta(days=7)
MOST = 8
FEW = 4
CARDS = {
    "running": MOVES,
    "waiting": Q(status=Status.AWAITING_APPROVAL),
    "undecided": UNDECIDED,
    "troubled": Q(status__in=[Status.LOST_CONTACT, Status.UNKNOWN]),
}


def _newest(organization: int) -> FineTuneQuerySet:
    return FineTune.objects.filter(organization=organization).newest_first()


_UNSETTLED = Prepared(
    lambda organization: (
        _newest(organization)
        .filter(settled_at=None)
        .annotate(**{f"is_{name}": some for name, some in CARDS.items()})
        .values_list("pk", *(f"is_{name}" for name in CARDS))
    )
)
_RECENT = Prepared(lambda organization: _newest(organization).ended().values_list("pk", flat=True)[:MOST])
_FAILED = Prepared(
    lambda organization: _newest(organization).filter(status=Status.FAILED).values_list("pk", "created_at")[:MOST]
)
_TOTAL = Prepared(
    lambda organization: (
        FineTune.objects.filter(organization=organization)
        .order_by()
        .values("organization")
        .annotate(n=Count("pk"))
        .values_list("n", flat=True)
    )
)
_A_DATASET = Prepared(
    lambda organization: Dataset.objects.filter(organization=organization).values_list("pk", flat=True)[:1]
)
_TO_TRY = Prepared(
    lambda organization, today: (
        Model.objects.filter(organization=organization, ready_at__isnull=False)
        .usable(today)
        .select_related("fine_tune")
        .only("name", "fine_tune__name")[:FEW]
    )
)


@require_safe
@access.viewer
def home(request: OrgRequest) -> HttpResponse:
    organization = request.organization
    context = {
        "shape": rows.shape(request.organization),
        **_fine_tunes(organization),
        "ending": [one for one in calendar(organization, until=timezone.localdate() + SOON, whole=False) if not one.is_over],
        "models": _TO_TRY(organization.pk, timezone.localdate()),
        "total": _TOTAL.first(organization.pk) or 0,
        "datasets": bool(_A_DATASET(organization.pk)),
        "has_connection": Connection.objects.of(organization).active().exists,  # asked only where nothing is yet
    }
    return render(request, "home.html", context)


def _fine_tunes(organization: Organization) -> dict[str, list[FineTune]]:
    """Find what each card shows by number alone, and read all of it at once: one may be in several."""
    since = timezone.now() - RECENT
    failed = [pk for pk, created_at in _FAILED(organization.pk) if created_at > since]
    found = _under_way(organization) | {"recent": _RECENT(organization.pk), "failed": failed}
    read = rows.read(pk for pks in found.values() for pk in pks)
    return {name: [read[pk] for pk in pks if pk in read] for name, pks in found.items()}


def _under_way(organization: Organization) -> dict[str, list[int]]:
    """Read at once what has not settled, of which there is little, and sort it into its cards."""
    found = _UNSETTLED(organization.pk)
    return {name: [row[0] for row in found if row[at]][:MOST] for at, name in enumerate(CARDS, 1)}

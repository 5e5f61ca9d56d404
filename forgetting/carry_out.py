"""Remove what is older than its organization keeps it: in small steps, safe to do twice, and on record by its numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from forgetting.kinds import CHUNK, KINDS, Kind
from forgetting.models import Retention
from teams import audit
from teams.models import Organization

SECONDS = 120.0
EVERY = timedelta(days=1)
MOST_CHUNKS = 20  # of one kind in a turn; the rest comes with the next


def effective(retention: Retention | None, kind: Kind) -> int:
    """Return after how many days a kind goes: what the owners chose, as far as the server allows; 0: never."""
    wished = (retention.days if retention else {}).get(kind.name, 0)
    chosen = wished if isinstance(wished, int) and wished > 0 else 0
    return min(days for days in (chosen, kind.most) if days) if chosen or kind.most else 0


def add_missing() -> None:
    """Have every organization looked at once a day, for the server's own limits hold for all."""
    # One that came with an archive was never due here.
    Retention.objects.filter(due_at=None, lease_until=None).update(due_at=timezone.now())
    missing = Organization.objects.filter(retention=None).values_list("pk", flat=True)[:CHUNK]
    now = timezone.now()
    Retention.objects.bulk_create([Retention(organization_id=pk, due_at=now) for pk in missing], ignore_conflicts=True)


def carry_out(pk: int) -> bool:
    """Claim an organization's retention and do it; False if it is not due or somebody else is at it."""
    retention = Retention.objects.select_related("organization").claim(pk, SECONDS)
    if retention is None:
        return False
    removed: dict[str, int] = {}
    is_done = False
    try:
        finished = [_remove(retention, kind, removed) for kind in KINDS]
        is_done = all(finished)
    finally:
        if removed:
            audit.note(retention.organization, "retention.removed", retention.organization, removed=removed)
        now = timezone.now()
        retention.release(due_at=now + EVERY if is_done else now + timedelta(minutes=1), attempts=0)
    return True


def _remove(retention: Retention, kind: Kind, removed: dict[str, int]) -> bool:
    """Take away what is old of one kind; False if there is more, or the lease was lost."""
    days = effective(retention, kind)
    for _turn in range(MOST_CHUNKS if days else 0):
        rows: list[Any] = list(kind.gone(retention.organization, days)[:CHUNK])
        if not rows:
            return True
        if not retention.renew(SECONDS):
            return False
        if count := kind.remove(rows):
            removed[kind.name] = removed.get(kind.name, 0) + count
        else:
            return True
    return not days

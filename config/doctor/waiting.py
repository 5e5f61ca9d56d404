"""Work that should be done by now: rows that are long due, and leases that ended long ago with nobody taking over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from config.doctor.findings import Finding, ago, good, warning
from config.metrics.gauges import free, leased

OVERDUE = timedelta(minutes=5)


def look() -> Iterator[Finding]:
    now = timezone.now()
    long_ago = now - OVERDUE
    late = Q(due_at__lt=long_ago) & free(now)
    left = Q(lease_until__lt=long_ago, due_at__isnull=False)
    fine = True
    for kind, rows in leased():
        found = rows.aggregate(
            late=Count("pk", filter=late), since=Min("due_at", filter=late), left=Count("pk", filter=left)
        )
        if found["late"]:
            fine = False
            yield warning(
                f"{kind}: {found['late']} rows wait, the first for {ago((now - found['since']).total_seconds())}"
                + (f"; {found['left']} of them were begun and left." if found["left"] else "."),
                "See that beat and the workers live; if they do, they have too much to do: start more workers.",
            )
    if fine:
        yield good(f"No work has waited for more than {ago(OVERDUE.total_seconds())}.")

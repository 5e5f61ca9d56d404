"""Write down that something happened. Whom it reaches, and how, is worked out in the background.

Call it in the transaction that makes it so: then both are there, or neither. The same key twice is one
notification, however often the work behind it is repeated.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from notifications.kinds import Kind
from notifications.models import Notification
from teams.models import Organization, User

REMIND = (60, 30, 7)
"""So many days ahead people are reminded of a shutdown."""


def announce(
    organization: Organization | int,
    kind: Kind,
    *,
    key: str,
    path: str,
    concerns: User | int | None = None,
    **facts: Any,
) -> None:
    """`path` leads to the page where more is said; `concerns` is whose matter it is; facts are plain JSON."""
    row = Notification(
        organization_id=_pk(organization),
        kind=kind,
        key=key[:200],
        path=path,
        concerns_id=_pk(concerns) if concerns is not None else None,
        facts={name: value for name, value in facts.items() if value not in (None, "", 0)},
        due_at=timezone.now(),
    )
    Notification.objects.bulk_create([row], ignore_conflicts=True)


def remind_of_shutdown(organization: Organization | int, *, name: str, day: date, path: str, about: str = "") -> None:
    """Announce that a model or base is shut down on a day, 60, 30 and 7 days ahead; call it as often as you like.

    `about` tells apart what is announced, if it may have another name the next time.
    """
    days = (day - timezone.localdate()).days
    reached = [mark for mark in REMIND if days <= mark]
    if days < 0 or not reached:
        return
    announce(
        organization,
        Kind.SHUTDOWN,
        key=f"shutdown:{about or name[:120]}:{day.isoformat()}:{min(reached)}",
        path=path,
        name=name,
        day=day.isoformat(),
    )


def _pk(row: Organization | User | int) -> int:
    return row if isinstance(row, int) else row.pk

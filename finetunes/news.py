"""What about a fine-tune people want to hear of, read off the change of its status.

`FineTune.release` is how whoever holds the row writes a status, so it is asked there, and what is announced is
written in the same transaction as the status.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from finetunes.statuses import Status
from notifications.announce import announce
from notifications.kinds import Kind

if TYPE_CHECKING:
    from finetunes.models.fine_tune import FineTune

KINDS = {Status.SUCCEEDED: Kind.SUCCEEDED, Status.FAILED: Kind.FAILED, Status.LOST_CONTACT: Kind.LOST_CONTACT}


def kind_of(before: FineTune, changes: dict[str, Any]) -> Kind | None:
    """Return what is new; None for what has been so, or was so before anybody here could look."""
    after = changes.get("status", before.status)
    if after == before.status or after not in KINDS:
        return None
    # The first that is heard of one that was started elsewhere is no news.
    was_seen = before.sent_at is not None or before.answered_at is not None or not before.remote_id
    return KINDS[Status(after)] if was_seen else None


def tell_of_silence(fine_tunes: Iterable[FineTune]) -> None:
    """Announce that a connection is lost, once a day to each person, however many fine-tunes are waiting on it."""
    today = timezone.localdate().isoformat()
    people: dict[int | None, list[FineTune]] = {}
    for one in fine_tunes:
        people.setdefault(one.started_by_id, []).append(one)
    for person, theirs in people.items():
        first = theirs[0]
        announce(
            first.organization_id,
            Kind.LOST_CONTACT,
            key=f"connection:{first.connection_id}:{person or 0}:{Kind.LOST_CONTACT.value}:{today}",
            path=first.get_absolute_url(),
            concerns=person,
            name=first.name,
            provider=str(first.connection),
            more=len(theirs) - 1,
        )


def tell(kind: Kind, fine_tune: FineTune) -> None:
    """Announce it; a fine-tune ends once, and loses contact once in each silence."""
    silence = f":{fine_tune.answered_at.isoformat()}" if kind == Kind.LOST_CONTACT and fine_tune.answered_at else ""
    announce(
        fine_tune.organization_id,
        kind,
        key=f"fine-tune:{fine_tune.pk}:{kind.value}{silence}",
        path=fine_tune.get_absolute_url(),
        concerns=fine_tune.started_by_id,
        name=fine_tune.name,
        base=fine_tune.base_model,
        provider=str(fine_tune.connection),
        model=fine_tune.fine_tuned_model if kind == Kind.SUCCEEDED else "",
        error=fine_tune.error[:500] if kind == Kind.FAILED else "",
    )

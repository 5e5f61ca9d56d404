"""When a fine-tune is asked about next, and when that ends.

It is asked more often while somebody watches, less often in a queue. The end of training is not the end:
events, result files and the model's name may come late.
"""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from finetunes.backoff import soon
from finetunes.models import Event, FineTune
from finetunes.statuses import ENDED, of_remote
from openai_api.types import RemoteFineTune

STARTED = re.compile(r"(fine-tune|job) started", re.IGNORECASE)
PAUSES = {
    "running": ((3.0, 15.0), (1.5, 1.5)),
    "cancelling": ((3.0, 3.0), (1.5, 1.5)),
    "queued": ((3.0, 30.0), (1.5, 5.0)),
    "paused": ((30.0, 30.0), (5.0, 5.0)),
    "unknown": ((15.0, 30.0), (5.0, 5.0)),
}
"""Seconds between two questions, shortest and longest: unwatched, and watched."""
LATE_EVENTS = timedelta(seconds=10)
LATE_RESULTS = timedelta(minutes=10)


def end(fine_tune: FineTune, remote: RemoteFineTune, events: list[Event], *, is_complete: bool) -> dict[str, Any]:
    """Say when the row is due next, and what begins or ends with the status."""
    now = timezone.now()
    changes: dict[str, Any] = {}
    if remote.status not in ("queued", "unknown") and fine_tune.started_at is None:
        changes["started_at"] = _started(fine_tune, events) or (now if remote.status == "running" else None)
    if of_remote(remote.status) not in ENDED:
        again = dict.fromkeys(("ended_at", "finished_at", "settled_at"))
        return changes | {"due_at": soon(pause(fine_tune, remote))} | again
    ended = fine_tune.ended_at or _ended(fine_tune, remote, now)
    changes |= {"ended_at": ended, "finished_at": fine_tune.finished_at or _finished(fine_tune, remote)}
    if _tail(ended, now, waits=remote.status == "succeeded" and not is_complete):
        return changes | {"due_at": soon(max(1.0, (now - ended).total_seconds() / 4))}
    return changes | {"due_at": None, "settled_at": now}


def _ended(fine_tune: FineTune, remote: RemoteFineTune, now: datetime) -> datetime:
    """Return since when something late is waited for: of an imported one it may have been long ago."""
    long_ago = fine_tune.imported_at is not None and remote.finished_at is not None
    return min(now, remote.finished_at or now) if long_ago else now


def _tail(ended: datetime, now: datetime, *, waits: bool) -> bool:
    """Say whether something may still come: events for a moment, a result file or a model's name for longer."""
    age = now - ended
    return age < LATE_EVENTS or (waits and age < LATE_RESULTS)


def _started(fine_tune: FineTune, new: list[Event]) -> datetime | None:
    """Return when training started, by the provider's clock."""
    found = next((event.created_at for event in new if event.created_at and STARTED.search(event.message)), None)
    if found is None and fine_tune.last_event:
        lines = fine_tune.events.filter(message__iregex=STARTED.pattern, created_at__isnull=False)
        line = lines.order_by("ordinal").first()
        return line.created_at if line else None
    return found


def _finished(fine_tune: FineTune, remote: RemoteFineTune) -> datetime:
    last = fine_tune.events.filter(created_at__isnull=False).order_by("ordinal").last()
    return remote.finished_at or (last.created_at if last and last.created_at else timezone.now())


def pause(fine_tune: FineTune, remote: RemoteFineTune) -> float:
    """Return the seconds until the next question: few while somebody watches, more as it gets older, or queues."""
    age = (timezone.now() - (fine_tune.started_at or fine_tune.created_at)).total_seconds()
    shortest, longest = PAUSES.get(remote.status, PAUSES["unknown"])[fine_tune.is_watched]
    return min(longest, max(shortest, age / 20)) * random.uniform(0.9, 1.1)

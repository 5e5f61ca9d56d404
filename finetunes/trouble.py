"""A provider that does not answer: later and later, and "lost contact" after a while. It heals by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from finetunes import news
from finetunes.backoff import after
from finetunes.models import FineTune, FineTuneQuerySet
from finetunes.statuses import ENDED, Status
from openai_api.errors import APIError, StatusError

PATIENCE = timedelta(seconds=90)
TIMES = 4


def note(fine_tune: FineTune, error: APIError, *, due_at: datetime | None = None, **changes: Any) -> None:
    """Release the held row: due again after a back-off, in "lost contact" once this has gone on for long."""
    failures = fine_tune.failures + 1
    if _is_lost(fine_tune, failures):
        changes["status"] = Status.LOST_CONTACT
    fine_tune.release(
        due_at=due_at or after(error, failures),
        failures=failures,
        trouble=error.message,
        error_raw=explain(error),
        revision=fine_tune.revision + 1,
        **changes,
    )


def note_all(fine_tunes: FineTuneQuerySet, error: APIError, due_at: datetime) -> None:
    """The same for all of these that are due and that nobody holds, in one query."""
    now = timezone.now()
    since = Coalesce("answered_at", "sent_at", "created_at")
    lost = Q(failures__gte=TIMES - 1, silent_since__lt=now - PATIENCE) & ~Q(status__in=ENDED)
    silent = fine_tunes.due(now).order_by().annotate(silent_since=since)
    with transaction.atomic():
        newly = silent.filter(lost).exclude(status=Status.LOST_CONTACT).exclude(answered_at=None, sent_at=None)
        news.tell_of_silence(newly.select_related("connection").order_by("pk"))
        _note_each(silent, error, due_at, lost)


def _note_each(silent: FineTuneQuerySet, error: APIError, due_at: datetime, lost: Q) -> None:
    silent.update(
        due_at=due_at,
        failures=F("failures") + 1,
        trouble=error.message,
        error_raw=explain(error),
        revision=F("revision") + 1,
        status=Case(When(lost, then=Value(Status.LOST_CONTACT)), default=F("status")),
    )


def explain(error: APIError) -> dict[str, Any]:
    """Return what an engineer wants to see of an error, without secrets."""
    raw: dict[str, Any] = {"kind": type(error).__name__, "message": error.message}
    if isinstance(error, StatusError):
        raw |= {"status": error.status, "code": error.code, "param": error.param, "type": error.type}
        raw |= {"request_id": error.request_id}
    return {key: value for key, value in raw.items() if value is not None}


def _is_lost(fine_tune: FineTune, failures: int) -> bool:
    since = fine_tune.answered_at or fine_tune.sent_at or fine_tune.created_at
    return not fine_tune.has_ended and failures >= TIMES and timezone.now() - since > PATIENCE

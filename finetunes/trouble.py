"""A provider that does not answer: later and later, and "lost contact" after a while. It heals by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from finetunes.backoff import after
from finetunes.models import FineTune
from finetunes.statuses import Status
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

"""The clock: against the database's, and against the trainer's. Leases and limits are told by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.doctor.findings import Finding, bad, good, warning

SOME, MUCH = 5.0, 60.0
"""Seconds. A Date header is told in whole ones."""


def look() -> Iterator[Finding]:
    off = {"the database's": _database(), "the trainer's": _trainer()}
    known = {name: seconds for name, seconds in off.items() if seconds is not None}
    worst = max((abs(seconds) for seconds in known.values()), default=0.0)
    said = "; ".join(f"{abs(seconds):.0f} seconds off {name}" for name, seconds in known.items())
    advice = "Let all machines take their time from the same servers (NTP)."
    if worst > MUCH:
        yield bad(f"This machine's clock is {said}.", advice)
    elif worst > SOME:
        yield warning(f"This machine's clock is {said}.", advice)
    else:
        yield good(f"The clock agrees with {' and '.join(known)}." if known else "No other clock could be asked.")


def _database() -> float | None:
    if connection.vendor == "sqlite":  # it has no clock but this machine's
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there: datetime = cursor.fetchone()[0]
    return (timezone.now() - there).total_seconds()


def _trainer() -> float | None:
    try:
        told = httpx.get(f"{settings.TRAINER_ADDRESS}/openapi.json", timeout=5).headers.get("date", "")
        return (datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds()
    except (httpx.HTTPError, ValueError, TypeError):
        return None

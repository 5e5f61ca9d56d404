"""When a request that does no harm twice is sent again, and after what time."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from openai_api.errors import APIError, ConnectionFailed, ConnectionLost, StatusError

RETRIES = 2
RETRIED_STATUSES = frozenset({408, 409, 429})  # and every 5xx
FIRST_DELAY = 0.5  # seconds, doubled at each attempt
LONGEST_DELAY = 8.0
JITTER = 0.25  # the share of a delay that is left to chance
# Whoever is told to come back later than this is better off with its own schedule.
LONGEST_WAIT = 20.0

Answer = TypeVar("Answer")


def worth_another_try(error: APIError) -> bool:
    """Say whether the same request may well succeed soon."""
    if isinstance(error, ConnectionFailed | ConnectionLost):
        return True
    if not isinstance(error, StatusError) or error.out_of_quota:
        return False
    if error.retry_after is not None and error.retry_after > LONGEST_WAIT:
        return False
    if error.should_retry is not None:
        return error.should_retry
    return error.status in RETRIED_STATUSES or error.status >= 500


def until_answered(send: Callable[[], Answer], *, retries: int, sleep: Callable[[float], None]) -> Answer:
    """Send, and send again while it is worth it; the last error is the caller's."""
    for attempt in range(retries):
        try:
            return send()
        except APIError as error:
            if not worth_another_try(error):
                raise
            sleep(delay(error, attempt))
    return send()


def delay(error: APIError, attempt: int) -> float:
    """Seconds to wait: what the provider asked for, else exponential with jitter."""
    if isinstance(error, StatusError) and error.retry_after:
        return error.retry_after
    longest: float = min(FIRST_DELAY * 2.0**attempt, LONGEST_DELAY)
    return longest * (1 - JITTER * random.random())


def asked_for(headers: Mapping[str, str]) -> float | None:
    """Read the seconds from retry-after-ms or Retry-After: a number or a date."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    return seconds if seconds is not None else _until(text, headers.get("date"))


def key_hours(headers: Mapping[str, str]) -> float:
    """Return for how many hours a server says that it keeps an Idempotency-Key; 0 if it does not say so."""
    return _number(headers.get("x-idempotency-key-hours")) or 0.0


def advice(headers: Mapping[str, str]) -> bool | None:
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").lower())


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None


def _until(text: str | None, now: str | None) -> float | None:
    """Count from the server's own clock where it tells the time: ours may be wrong, or its."""
    moment = _moment(text)
    if moment is None:
        return None
    seconds = (moment - (_moment(now) or datetime.now(UTC))).total_seconds()
    return seconds if seconds > 0 else None


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

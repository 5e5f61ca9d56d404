"""How soon an account may be asked again: what its provider says in one answer holds for all its requests.

Retry-After closes the account for so long. The rate-limit headers spread what is left of a nearly
used-up allowance over the time until it is full again, so that it is never run into.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from openai_api import retry
from openai_api.errors import APIError

LONGEST_SLEEP = 5.0
"""Whoever has to wait longer (seconds) is told so instead of being kept waiting."""
LONGEST_WISH = 3600.0
DEFAULT_WISH = 5.0
NEARLY_USED_UP = 32
"""With fewer requests than this left, they are spread."""
BUSY = frozenset({429, 503})

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_EPOCH_FROM = 1_000_000_000.0


class PutOff(APIError):
    """It was not sent: the provider wants to be left alone for now."""


class Pace:
    """What the answers of one account have said so far. Any number of threads may share it."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep, closed: float = 0.0
    ) -> None:
        self._now, self._sleep = now, sleep
        self._lock = threading.Lock()
        self._next = now() + closed  # when the next request may go
        self._gap = 0.0  # seconds between two requests

    def closed_for(self) -> float:
        """Return the seconds until a request may go; 0 is at once."""
        with self._lock:
            return max(0.0, self._next - self._now())

    def hooks(self) -> dict[str, list[Callable[[Any], Any]]]:
        """Return what an httpx client calls before each request and after each answer."""
        return {"request": [lambda _request: self.wait()], "response": [self._answered]}

    def wait(self) -> None:
        """Wait for this request's turn; raise PutOff where that takes too long."""
        with self._lock:
            wait = max(0.0, self._next - self._now())
            if wait <= LONGEST_SLEEP:
                self._next = self._now() + wait + self._gap
        if wait > LONGEST_SLEEP:
            raise PutOff("The provider asked to be left alone for a while.")
        if wait:
            self._sleep(wait)

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """Take to heart what an answer says about the next requests."""
        left, reset = _count(headers.get("x-ratelimit-remaining-requests")), _reset(headers)
        with self._lock:
            self._gap = reset / (left + 1) if left is not None and left < NEARLY_USED_UP else 0.0
            if left == 0 or status in BUSY:
                self._next = max(self._next, self._now() + self._wish(status, headers, reset))

    def _answered(self, answer: httpx.Response) -> None:
        self.heard(answer.status_code, answer.headers)

    @staticmethod
    def _wish(status: int, headers: Mapping[str, str], reset: float) -> float:
        asked = retry.asked_for(headers) if status in BUSY else reset
        if asked is None:  # a server that is merely out of order closes nothing: each request backs off by itself
            asked = reset or DEFAULT_WISH if status == 429 else 0.0
        return min(asked, LONGEST_WISH)


def hooks(pace: Pace | None, before: Callable[[], None] | None) -> dict[str, list[Callable[[Any], Any]]]:
    """Return what httpx calls around every request: who asks first, then the pace."""
    found = pace.hooks() if pace else {}
    return found | {"request": [lambda _request: before(), *found.get("request", [])]} if before else found


def seconds(text: str | None) -> float | None:
    """Read a duration: `1h2m3.5s`, `20ms`, plain seconds, or a moment in seconds since 1970."""
    text = (text or "").strip().lower()
    try:
        number = float(text)
    except ValueError:
        parts = _PART.findall(text)
        whole = "".join(f"{size}{unit}" for size, unit in parts) == text
        return sum(float(size) * _UNITS[unit] for size, unit in parts) if parts and whole else None
    if not 0 <= number < float("inf"):
        return None
    return max(0.0, number - time.time()) if number >= _EPOCH_FROM else number


def _reset(headers: Mapping[str, str]) -> float:
    return min(seconds(headers.get("x-ratelimit-reset-requests")) or 0.0, LONGEST_WISH)


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None

"""How much one key may ask for in a minute: requests, and tokens.

Each limit is one number in the key's row: the time until which what was asked for has been used up, in seconds
since 1970. A request of n at a limit of L per minute moves it by 60 n / L seconds, and must not move it further
than a minute ahead of now. Checking and moving are one conditional UPDATE, so that all processes agree.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Greatest

from trainer.models import Key

KINDS = ("requests", "tokens")
MINUTE = 60.0
_ROUNDING = 1e-3


class Exceeded(Exception):
    """Too much for this minute. `wait` is how many seconds later it is not; None: it never will be."""

    def __init__(self, kind: str, limit: int, used: int, asked: int, wait: float | None) -> None:
        super().__init__(kind)
        self.kind, self.limit, self.used, self.asked, self.wait = kind, limit, used, asked, wait


@dataclass(frozen=True)
class Standing:
    limit: int
    remaining: int
    reset: float
    """Seconds until everything is free again."""


def spend(key: Key, **asked: int) -> None:
    """Use up `requests` and `tokens`, or raise Exceeded and use up nothing."""
    if not (limits := _limits(key)):
        return
    now, rows, moved = time.time(), Key.objects.filter(pk=key.pk), {}
    for kind, limit in limits.items():
        if amount := asked.get(kind, 0):
            moved[f"{kind}_until"] = _moved(kind, limit, amount, now)
            rows = rows.alias(**{kind: moved[f"{kind}_until"]}).filter(**{f"{kind}__lte": now + MINUTE + _ROUNDING})
    if moved and not rows.update(**moved):
        raise _exceeded(key, limits, asked, now)


def standing(key: Key) -> dict[str, Standing]:
    """Return what is left of each limit that the key has."""
    limits, now = _limits(key), time.time()
    busy = _busy(key, now) if limits else {}
    return {
        kind: Standing(limit, max(0, int(limit - busy[kind] * limit / MINUTE + _ROUNDING)), busy[kind])
        for kind, limit in limits.items()
    }


def _limits(key: Key) -> dict[str, int]:
    """Return the limits in force: the key's own, else the settings'; 0 is none."""
    own = {"requests": key.requests_per_minute, "tokens": key.tokens_per_minute}
    usual = {"requests": settings.TRAINER_REQUESTS_PER_MINUTE, "tokens": settings.TRAINER_TOKENS_PER_MINUTE}
    limits = {kind: usual[kind] if own[kind] is None else own[kind] for kind in KINDS}
    return {kind: limit for kind, limit in limits.items() if limit}


def _moved(kind: str, limit: int, amount: int, now: float) -> Any:
    return Greatest(F(f"{kind}_until"), Value(now)) + Value(amount * MINUTE / limit)


def _busy(key: Key, now: float) -> dict[str, float]:
    """Return for how many seconds from now each kind is used up."""
    until = Key.objects.values_list("requests_until", "tokens_until").get(pk=key.pk)
    return {kind: max(0.0, at - now) for kind, at in zip(KINDS, until, strict=True)}


def _exceeded(key: Key, limits: dict[str, int], asked: dict[str, int], now: float) -> Exceeded:
    """Return the limit that makes the caller wait longest."""
    busy, found = _busy(key, now), []
    for kind, limit in limits.items():
        amount = asked.get(kind, 0)
        wait = max(0.0, busy[kind] + amount * MINUTE / limit - MINUTE) if amount <= limit else None
        found.append(Exceeded(kind, limit, round(busy[kind] * limit / MINUTE), amount, wait))
    return max(found, key=lambda one: MINUTE if one.wait is None else one.wait)

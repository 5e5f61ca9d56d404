"""How often something may be tried. The web processes count together: config/people.py says where."""

from __future__ import annotations

import math
import time

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext


def allow(what: str, who: object, *, times: int, seconds: int) -> bool:
    """Count one try; False if there were more than `times` in the current span of `seconds`."""
    key = f"throttle:{what}:{who}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) <= times
    except ValueError:  # the span ended just now
        return True


def by_address(request: HttpRequest, what: str, *, times: int = 20, seconds: int = 60) -> bool:
    return allow(what, request.META.get("REMOTE_ADDR"), times=times, seconds=seconds)


def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


def locked_sentence(request: HttpRequest, key: str) -> str:
    """Say how long an account, or the address of the network, stays closed after too many wrong passwords."""
    minutes = max(1, math.ceil(_locked_seconds(request, key) / 60))
    return ngettext(
        "Too many wrong passwords, one after the other. Try again in %(minutes)s minute.",
        "Too many wrong passwords, one after the other. Try again in %(minutes)s minutes.",
        minutes,
    ) % {"minutes": minutes}


def _locked_seconds(request: HttpRequest, key: str) -> float:
    """Return how long it takes until the oldest try that counts is forgotten, by the library's own notes."""
    what = {"app": "allauth.account", "action": "login_failed"}
    left = [0.0]
    for rate in ratelimit.get_rates(**what):
        tries = cache.get(ratelimit.get_cache_key(request, **what, rate=rate, key=key), [])
        if len(tries) >= rate.amount:
            left.append(tries[rate.amount - 1] + rate.duration - time.time())
    return max(left)

"""How often something may be tried. Counts live in the cache: per process unless a shared one is configured."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


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

"""Each request gets an id, which every line of the log and the answer name, is counted and is timed.

An id that a proxy has given (`X-Request-ID`) is kept if it is well-formed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config import metrics, spans
from work import trace

HEADER = "X-Request-ID"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"static", "healthz", "live", "ready", "metrics"})
"""Routes that something asks for all the time; they are only logged at the level debug."""
log = logging.getLogger("tunedeck.request")


def traced(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = _begin(request)
        with spans.span("SERVER", request.headers) as span:
            return _finish(request, get_response(request), began, span)

    return middleware


def request_id(request: HttpRequest) -> str:
    """Return the id that the request has got; "" for one that did not come through the middleware."""
    return getattr(request, "request_id", "")


def _begin(request: HttpRequest) -> float:
    headers = request.headers
    about = {"request_id": trace.well_formed(headers.get(HEADER)) or trace.new_id()}
    if theirs := trace.well_formed(headers.get("X-Client-Request-Id")):
        about["client_request_id"] = theirs
    request.request_id = about["request_id"]  # type: ignore[attr-defined]
    trace.begin(about)
    return time.perf_counter()


def _finish(request: HttpRequest, response: HttpResponseBase, began: float, span: Any) -> HttpResponseBase:
    seconds = time.perf_counter() - began
    response.setdefault(HEADER, request_id(request))
    method = request.method if request.method in METHODS else "other"
    route, status = _route(request), response.status_code
    metrics.REQUESTS.labels(route, method, str(status)).observe(seconds)
    spans.close(span, f"{method} {route}", status >= 500, route=route, method=method, status=status)
    level = logging.DEBUG if route in QUIET else logging.INFO
    if log.isEnabledFor(level):
        about = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000, 1)} | _ids(request)
        log.log(level, "%s %s %s", method, route, status, extra={"about": about})
    return response


def _route(request: HttpRequest) -> str:
    """Return the name of the route: never the address, which may hold ids and secrets of links."""
    if match := request.resolver_match:
        return match.view_name or "unnamed"
    return "static" if request.path_info.startswith(settings.STATIC_URL or "/static/") else "unknown"


def _ids(request: HttpRequest) -> dict[str, int]:
    """Return the numbers in the address: they say which row it was about."""
    match = request.resolver_match
    return {name: value for name, value in match.kwargs.items() if type(value) is int} if match else {}

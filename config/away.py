"""The answer while the database, or the storage of files, is away: 503 and when to come again, not an error like ours."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from config.tracing import request_id
from work.storage import StorageAway
from work.trouble import is_away

AGAIN_SECONDS = 5
log = logging.getLogger(__name__)


class DatabaseAway:
    """Middleware that only looks at what a view could not finish; config.errors does the same for middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return of(request, error)


def of(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Return the answer if that is why the request could not be answered, else None."""
    return answer(request, error) if error and (is_away(error) or isinstance(error, StorageAway)) else None


def answer(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Say that it comes back; a page that was only looked at loads itself again."""
    storage = str(error) if isinstance(error, StorageAway) else ""
    away = "storage of files" if storage else "database"
    log.warning("a request could not be answered, the %s is away: %s", away, error)
    loads_again = request.method in {"GET", "HEAD"}
    context = {"seconds": AGAIN_SECONDS, "loads_again": loads_again, "storage": storage}
    context["request_id"] = request_id(request)
    response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = str(AGAIN_SECONDS)
    response["Cache-Control"] = "no-store"
    return response

"""How many bytes each address of the dashboard takes, and what becomes of more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_and_async_middleware

from config import errors
from work import bounds

# Addresses that take a file, with the setting that says how large it may be. Everything else is a form.
UPLOADS = {"datasets:upload": "UPLOAD_MAX_BYTES", "evaluations:of_sheet": "EVALUATION_MAX_BYTES"}


def most(path: str) -> int:
    try:
        name = resolve(path).view_name
    except Resolver404:
        name = ""
    usual = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    return max(getattr(settings, UPLOADS[name]) + bounds.FORM_BYTES, usual) if name in UPLOADS else usual


@sync_and_async_middleware
def bounded(
    get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Answer, with a page that says so, a request whose body was not read."""
    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponseBase:
            too_large = bounds.exceeded(request)
            answer: HttpResponseBase = await (sync_to_async(_refused) if too_large else get_response)(request)
            return answer

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        return _refused(request) if bounds.exceeded(request) else get_response(request)  # type: ignore[return-value]

    return now


def _refused(request: HttpRequest) -> HttpResponse:
    return errors.malformed(request, RequestDataTooBig())

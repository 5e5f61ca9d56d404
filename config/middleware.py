"""What every answer of the dashboard gets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.messages import get_messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware

from config.shield import shield

Answer = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
Finish = Callable[[HttpRequest, HttpResponseBase], HttpResponseBase]


def _middleware(finish: Finish, *, quick: bool = False) -> Callable[[Answer], Answer]:
    """Make a middleware, for both kinds of views, of a function that finishes an answer; a quick one asks no database."""

    @sync_and_async_middleware
    def middleware(get_response: Answer) -> Answer:
        if iscoroutinefunction(get_response):

            async def later(request: HttpRequest) -> HttpResponseBase:
                response = await get_response(request)
                # Only answers to htmx need the database (for messages) and so a thread.
                in_thread = _asks_htmx(request) and not quick
                return await sync_to_async(finish)(request, response) if in_thread else finish(request, response)

            return later

        def now(request: HttpRequest) -> HttpResponseBase:
            return finish(request, get_response(request))  # type: ignore[arg-type]

        return now

    return middleware


def _vary(_request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _speak_htmx(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if not _asks_htmx(request):
        return response
    if response.status_code in {301, 302, 303, 307, 308} and response.has_header("Location"):
        return _lead(response)
    if isinstance(response, HttpResponse) and _is_fragment(response):
        response.write(_unread_messages(request))
    return response


def _asks_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _lead(response: HttpResponseBase) -> HttpResponseBase:
    """Make a redirect one that the page follows: the browser would swap its target into the fragment's place."""
    response["HX-Redirect"] = response["Location"]
    del response["Location"]
    response.status_code = 200
    return response


def _is_fragment(response: HttpResponse) -> bool:
    html = response.get("Content-Type", "").startswith("text/html")
    return html and response.status_code != 204 and b"<html" not in response.content[:500]


def _unread_messages(request: HttpRequest) -> str:
    """Return what the page's message region gets besides the fragment."""
    if not len(get_messages(request)):
        return ""
    return render_to_string("_messages.html#oob", {"messages": get_messages(request)}, request)


@sync_and_async_middleware
def understood(get_response: Answer) -> Answer:
    """Refuse an address with the character NUL: nobody means it, and PostgreSQL compares no text with it."""
    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponseBase:
            _refuse_nul(request)
            response: HttpResponseBase = await get_response(request)
            return response

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        _refuse_nul(request)
        return get_response(request)  # type: ignore[return-value]

    return now


def _refuse_nul(request: HttpRequest) -> None:
    written = request.META.get("QUERY_STRING", "")
    if "\0" in request.path_info or "\0" in written or "%00" in written:
        raise BadRequest("NUL in the address")


vary_on_htmx = _middleware(_vary)
speak_htmx = _middleware(_speak_htmx)
shielded = _middleware(shield, quick=True)

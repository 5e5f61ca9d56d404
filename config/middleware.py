"""What every answer of the dashboard gets.

All middleware is synchronous, as all views are: work.serving puts a request on one thread, from here to its answer.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.messages import get_messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from config.shield import shield

Answer = Callable[[HttpRequest], HttpResponseBase]
Finish = Callable[[HttpRequest, HttpResponseBase], HttpResponseBase]


def _middleware(finish: Finish) -> Callable[[Answer], Answer]:
    """Make a middleware of a function that finishes an answer."""

    def middleware(get_response: Answer) -> Answer:
        return lambda request: finish(request, get_response(request))

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


def understood(get_response: Answer) -> Answer:
    """Refuse an address with the character NUL: nobody means it, and PostgreSQL compares no text with it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        _refuse_nul(request)
        return get_response(request)

    return middleware


def _refuse_nul(request: HttpRequest) -> None:
    written = request.META.get("QUERY_STRING", "")
    if "\0" in request.path_info or "\0" in written or "%00" in written:
        raise BadRequest("NUL in the address")


vary_on_htmx = _middleware(_vary)
speak_htmx = _middleware(_speak_htmx)
shielded = _middleware(shield)

"""What every answer of the dashboard gets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware

Answer = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def vary_on_htmx(get_response: Answer) -> Answer:
    """Keep caches and the back button from showing a fragment as a page."""

    def marked(response: HttpResponseBase) -> HttpResponseBase:
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponseBase:
            return marked(await get_response(request))  # type: ignore[misc]

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        return marked(get_response(request))  # type: ignore[arg-type]

    return now

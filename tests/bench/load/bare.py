"""A bare Django view, to compare with: `BARE=1` takes all middleware away, else it is the product's."""

from __future__ import annotations

import os
from collections.abc import Callable

import django
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402
from django.core.handlers.asgi import ASGIHandler  # noqa: E402


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello")


urlpatterns: list[Callable[..., object]] = [path("", hello), path("accounts/login/", hello)]  # type: ignore[list-item]
settings.ROOT_URLCONF = __name__
if os.environ.get("BARE"):
    settings.MIDDLEWARE = []
application = ASGIHandler()

"""A process that reports: it answers requests that go wrong, does a task, calls a provider, and says goodbye."""

from __future__ import annotations

import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

import httpx  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import path  # noqa: E402

from config import errands, reporting, spans  # noqa: E402
from config.celery import app  # noqa: E402
from config.urls import handler500 as handler500  # noqa: E402
from openai_api.client import Client as Provider  # noqa: E402
from openai_api.errors import APIError  # noqa: E402
from work import trace  # noqa: E402

TEXT, KEY = "what-a-person-wrote", "canary-key-that-costs-money"


def broken(request: HttpRequest, secret: str) -> HttpResponse:
    trace.bind(person=3, organization=2)
    canary = TEXT
    raise RuntimeError(f"{canary} {KEY} {request.POST}")


def calling(request: HttpRequest) -> HttpResponse:
    def answer(asked: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"error": {"message": KEY}})

    with Provider("http://provider.example/v1", KEY, transport=httpx.MockTransport(answer), account="7") as client:
        try:
            client.file("file-of-a-person")
        except APIError:
            return HttpResponse(status=502)
    return HttpResponse()


urlpatterns = [path("join/<str:secret>/", broken, name="join"), path("calling/", calling, name="calling")]


@app.task(name="tests.broken")
def failing(text: str) -> None:
    raise ValueError(text)


def main() -> None:
    reporting.start("web")
    with override_settings(ROOT_URLCONF=__name__):
        client = Client(raise_request_exception=False, headers={"X-Request-ID": "req_0123456789", "Accept": "text/html"})
        client.post(f"/join/{KEY}/?q={TEXT}", {"text": TEXT}, headers={"Cookie": f"sessionid={KEY}", "Authorization": KEY})
        client.get("/calling/", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    failing.apply(args=(TEXT,))
    if "sentry_sdk" in sys.modules:
        import sentry_sdk

        sentry_sdk.flush(10)
    if spans._tracer is not None:
        spans._tracer.span_processor.force_flush()


if __name__ == "__main__":
    errands.HEADER  # noqa: B018 (tasks are known as soon as it is here)
    main()

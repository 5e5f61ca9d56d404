"""Whoever waits for a provider keeps nobody from the database: a web process with one connection goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection as database
from django.urls import reverse
from django.utils.crypto import get_random_string

from finetunes.models import Model
from tests.conftest import People
from tests.conftest import signed_in as client_of
from tests.fakes.serving import Answer, Fake, Request, serving
from tests.playground.conftest import Place, place, writer
from tests.product import wait_for
from tests.servers import free_port

__all__ = ["place", "writer"]
pytestmark = [
    pytest.mark.skipif(database.vendor != "postgresql", reason="SQLite's connections are not shared"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.live,
    pytest.mark.timeout(120),
]

AT_ONCE = 3.0  # seconds; a request that finds no connection waits ten, and then is told to come again


class Slow(Fake):
    """A provider that answers nobody until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Semaphore(0)
        self.let_go = threading.Event()

    def answer(self, request: Request) -> Answer:
        self.waiting.release()
        self.let_go.wait(60)
        return Answer({"error": {"message": "Later", "type": "server_error"}}, 500)


@pytest.fixture
def slow(place: Place) -> Iterator[Slow]:
    with serving(Slow()) as provider:
        place.connection.base_url = f"{provider.url}/v1"
        place.connection.save()
        try:
            yield provider
        finally:
            provider.let_go.set()


@pytest.fixture
def browser(people: People, tmp_path: Path) -> Iterator[httpx.Client]:
    """An owner at a web process that has one connection to the database."""
    cookies = {settings.SESSION_COOKIE_NAME: client_of(people.owner).cookies[settings.SESSION_COOKIE_NAME].value}
    cookies[settings.CSRF_COOKIE_NAME] = token = get_random_string(32)
    options: dict[str, Any] = {"cookies": cookies, "headers": {"X-CSRFToken": token}, "timeout": 30}
    with web(tmp_path) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", **options) as client:
        wait_for(lambda: page(client) == httpx.codes.OK, "the web process", 60)
        yield client


@contextmanager
def web(data: Path) -> Iterator[int]:
    one, port = database.settings_dict, free_port()
    own = {
        "TUNEDECK_DATA": str(data),
        "DATABASE_URL": f"postgres://{one['USER']}:{one['PASSWORD']}@{one['HOST']}:{one['PORT']}/{one['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TUNEDECK_SECRET_KEY": settings.SECRET_KEY,
        "TUNEDECK_FIELD_KEY": settings.FIELD_KEYS[0],
        "TUNEDECK_DATABASE_POOL": "1",
    }
    serve = ["uvicorn", "--no-access-log", "--lifespan", "off", "--log-level", "warning", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", *serve, "config.asgi:application"], cwd=settings.ROOT, env={**os.environ, **own}
    )
    try:
        yield port
    finally:
        process.kill()
        process.wait()


def page(client: httpx.Client, address: str = "/healthz/ready", **options: Any) -> int:
    try:
        return client.get(address, **options).status_code
    except httpx.ConnectError:
        return 0


def test_views_that_wait_for_a_provider_hold_no_connection_to_the_database(
    browser: httpx.Client, slow: Slow, writer: Model
) -> None:
    asked = {"model": writer.pk, "prompt": "Where is box 7?"}
    connection = [writer.connection_id]
    waits: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", reverse("playground:answer"), asked),
        ("POST", reverse("playground:stream"), {**asked, "stream": "on"}),
        ("POST", reverse("playground:stream"), asked),
        ("GET", reverse("playground:bases", args=connection), {}),
        ("POST", reverse("connections:test", args=connection), {}),
        ("GET", f"{reverse('finetunes:new')}?version={writer.version_id}", {}),
    ]
    with ExitStack() as stack:
        for number, (method, address, data) in enumerate(waits):
            stack.callback(asking(browser, method, address, data).join, 60)
            assert slow.waiting.acquire(timeout=30), f"{method} {address} does not ask the provider"
            assert page(browser, timeout=AT_ONCE) == httpx.codes.OK, f"after {number} others, {address} holds it"
        slow.let_go.set()
    assert page(browser) == httpx.codes.OK


def asking(browser: httpx.Client, method: str, address: str, data: dict[str, Any]) -> threading.Thread:
    def ask() -> None:
        with suppress(httpx.HTTPError):
            browser.request(method, address, data=data or None)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread

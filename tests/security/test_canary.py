"""A key that is entered once is nowhere to be seen afterwards, in whatever spelling a provider throws it back."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client

from config.logs import configuration
from connections.models import Connection
from notifications.models import Hook
from openai_api.redact import spellings
from teams.models import User
from tests.openai_api.listener import Listener, Pieces, listening
from tests.security.asking import Visitor, undone
from tests.security.pages import pages
from tests.security.seed import Planted
from work.encryption import decrypt, encrypt

CORE = "c4n4ry7f3a9c0ffee"
KEY = f'kn/{CORE}+"=\\z'
SECRET = f"whsec_{CORE}"
SOUGHT = [CORE, *spellings(KEY), base64.b64encode(CORE.encode()).decode()[:-2]]


def throwing_back(status: int) -> Any:
    """Answer with the key in headers and body, in every spelling."""
    spelt = [KEY, quote(KEY, safe=""), json.dumps(KEY), base64.b64encode(KEY.encode()).decode(), f"Bearer {KEY}"]
    body = json.dumps({"error": {"message": " ".join(spelt), "type": "x", "code": KEY, "param": KEY}, "raw": spelt}).encode()
    head = f"HTTP/1.1 {status} Oh\r\nContent-Type: application/json\r\nX-Request-Id: {KEY}\r\nX-Debug: {KEY}\r\n"

    async def said() -> Pieces:
        yield f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    return said


@contextmanager
def a_provider(status: int) -> Iterator[tuple[Listener, str]]:
    with listening(throwing_back(status)) as found:
        yield found


@pytest.fixture
def owner(planted: Planted) -> Iterator[Client]:
    with undone(planted.files):
        yield Visitor(planted.people.owner).client()


def exercised(owner: Client, planted: Planted, address: str) -> list[str]:
    """Enter the key, use it in every way, and return what was answered."""
    form = {"name": "Canary", "base_url": address, "dialect": "both", "key": KEY, "organization_header": ""}
    said = [owner.post("/connections/add/", form | {"name": ""}), owner.post("/connections/add/", form)]
    made = Connection.objects.get(name="Canary")
    assert decrypt(encrypt(made.key)) == KEY
    ask = {"model": f"c{made.pk}:ada", "prompt": "x", "max_tokens": "1"}
    said += [
        owner.post(f"/connections/{made.pk}/test/", follow=True),
        owner.get(f"/connections/{made.pk}/"),
        owner.get(f"/connections/{made.pk}/edit/"),
        owner.post(f"/connections/{made.pk}/edit/", form | {"name": ""}),
        owner.get(f"/connections/{made.pk}/bases/"),
        owner.get(f"/playground/bases/{made.pk}/"),
        owner.get(f"/finetunes/new/?connection={made.pk}&version={planted.pk['version']}"),
        *(owner.post(f"/playground/{place}/", ask) for place in ("answer", "request", "turn", "stream")),
        owner.post("/finetunes/trackers/wandb/", {"key": KEY, "project": "p", "address": ""}),
        owner.get("/finetunes/trackers/wandb/"),
        owner.get("/audit/export/"),
    ]
    return [_text(one) for one in said]


def _text(answer: Any) -> str:
    if answer.streaming:
        return "" if answer.is_async else b"".join(answer).decode(errors="replace")
    return str(answer.content, errors="replace") + str(dict(answer.headers))


def rows() -> str:
    """Return everything that the database holds, as it holds it."""
    return "\n".join(str(row) for model in apps.get_models() for row in model._base_manager.values())


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return what the log has; the bytes on the wire are httpcore's to tell, which is never let (config.logs)."""
    return "\n".join(
        f"{one.getMessage()} {one.exc_text or ''}" for one in caplog.records if not one.name.startswith("httpcore")
    )


def found(where: str, text: str) -> list[str]:
    return [f"{where}: …{text[max(0, text.index(one) - 80) : text.index(one) + 40]}…" for one in SOUGHT if one in text]


@pytest.mark.parametrize("status", [200, 401, 429, 500])
def test_a_key_is_seen_nowhere(planted: Planted, owner: Client, caplog: pytest.LogCaptureFixture, status: int) -> None:
    caplog.set_level(logging.DEBUG)
    with a_provider(status) as (provider, address):
        answers = exercised(owner, planted, address)
        shown = [_text(owner.get(path)) for path in pages(planted) if "/accounts/" not in path]
    assert any(KEY.encode() in request for request in provider.requests), "the key has reached the provider alone"
    troubles = [line for one in (*answers, *shown) for line in found("page", one)]
    troubles += found("database", rows()) + found("log", logged(caplog))
    files = (path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())
    troubles += [line for path in files for line in found(str(path), path.read_bytes().decode(errors="replace"))]
    assert not troubles, "\n".join(troubles)


def test_a_webhook_s_address_and_secret_are_seen_nowhere(planted: Planted, owner: Client, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    with a_provider(500) as (_provider, address):
        Hook.objects.filter(pk=planted.pk["hook"]).update(url=f"{address}/{CORE}", secret=SECRET)
        said = _text(owner.post(f"/notifications/hooks/{planted.pk['hook']}/test/", follow=True))
        said += _text(owner.get("/notifications/hooks/")) + _text(owner.get("/audit/export/"))
    assert not [*found("page", said), *found("database", rows()), *found("log", logged(caplog))]


def test_a_page_of_trouble_shows_nothing_of_what_was_entered(planted: Planted, owner: Client, monkeypatch: Any) -> None:
    """Not even while developers look: what is posted under a key's name is left out of their reports."""
    from django.views.debug import ExceptionReporter

    def broken(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("made for the test")

    monkeypatch.setattr(Connection, "save", broken)
    owner.raise_request_exception = False
    form = {"name": "Canary", "base_url": "https://provider.example/v1", "dialect": "both", "key": KEY}
    answer: Any = owner.post("/connections/add/", form)
    assert answer.status_code == 500
    report = ExceptionReporter(answer.wsgi_request, *answer.exc_info).get_traceback_text()
    assert not found("page", _text(answer))
    assert not found("report", report)


def test_the_log_never_has_what_goes_over_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEDECK_LOG_LEVEL", "debug")
    assert configuration(())["loggers"]["httpcore"]["level"] == "WARNING"


def test_passwords_are_kept_as_digests_alone(planted: Planted) -> None:
    assert "correct horse" not in str(list(User.objects.values()))

"""Which of the dashboard's views are made on a few threads, and which wait on the event loop."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.test import override_settings

from config.serving import Dashboard, waits
from tests.work.served import WHOLE, scope, spoken


@pytest.mark.parametrize("path", ["/finetunes/live/", "/finetunes/1/stream/", "/playground/stream/"])
def test_what_stays_open_waits_on_the_event_loop(path: str) -> None:
    assert waits(path)


@pytest.mark.parametrize("path", ["/", "/finetunes/", "/finetunes/1/", "/static/css/base.css", "/nothing/here/"])
def test_pages_files_and_what_does_not_exist_are_made_on_a_thread(path: str) -> None:
    assert not waits(path)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which of the two was asked."""
    found: list[str] = []

    async def on_loop(_self: Any, *_rest: Any) -> None:
        found.append("loop")

    async def on_thread(_self: Any, *_rest: Any) -> None:
        found.append("thread")

    monkeypatch.setattr(ASGIHandler, "handle", on_loop)
    monkeypatch.setattr(Dashboard, "handle", on_thread)
    return found


def test_each_kind_goes_its_way(taken: list[str]) -> None:
    app = Dashboard()
    spoken(app, scope("/finetunes/live/"), WHOLE)
    spoken(app, scope("/finetunes/"), WHOLE)
    assert taken == ["loop", "thread"]


def test_a_path_that_the_proxy_has_put_in_front_does_not_count(taken: list[str]) -> None:
    spoken(Dashboard(), scope("/deck/finetunes/live/", root_path="/deck"), WHOLE)
    assert taken == ["loop"]


def test_nothing_but_http_is_spoken() -> None:
    with pytest.raises(ValueError, match="HTTP"):
        spoken(Dashboard(), scope("/finetunes/live/", type="websocket"), WHOLE)


@override_settings(WEB_THREADS=3)
def test_there_are_as_many_threads_as_the_setting_says() -> None:
    assert Dashboard()._threads._max_workers == 3

"""A burst waits before the database instead of using up its connections, and finds open ones there."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections

from tests.trainer.conftest import Caller
from trainer import generate
from trainer.api import seats
from trainer.api.seats import Seats


@pytest.fixture
def one(transactional_db: None) -> Iterator[Seats]:
    """There is one seat."""
    only = Seats(1)
    yield only
    only._free.get(timeout=30).close()


def apart(work: Any) -> Any:
    """Return what `work` returns in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(30)


def asked(places: Seats, end: Any = lambda: None) -> object:
    """Ask the database something on a seat, and return the connection that was found there."""
    with places.taken():
        with connection.cursor() as cursor:
            assert cursor.execute("select 1") is not None
        end()
        return connections["default"].connection


def kept_open(one: Seats) -> None:
    one._free.queue[0].settings_dict = {**connection.settings_dict, "CONN_MAX_AGE": 60}


def test_the_next_one_waits_until_a_seat_is_left(one: Seats) -> None:
    sitting, leave = Event(), Event()

    def wait() -> None:
        sitting.set()
        leave.wait(30)

    first = Thread(target=lambda: asked(one, wait), daemon=True)
    first.start()
    assert sitting.wait(30)
    second = Thread(target=lambda: asked(one), daemon=True)
    second.start()
    assert second.is_alive()
    leave.set()
    second.join(30)
    assert not second.is_alive()
    assert one._free.qsize() == 1


def test_another_thread_finds_the_connection_open(one: Seats) -> None:
    kept_open(one)
    assert apart(lambda: asked(one)) is apart(lambda: asked(one)) is not None


def test_whoever_leaves_early_leaves_once(one: Seats) -> None:
    apart(lambda: asked(one, seats.leave))
    assert one._free.qsize() == 1


def test_one_that_breaks_leaves_too(one: Seats) -> None:
    with pytest.raises(ZeroDivisionError):
        apart(lambda: asked(one, lambda: 1 / 0))
    assert one._free.qsize() == 1


def test_a_connection_that_broke_is_closed(one: Seats, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> None:
        connections["default"].errors_occurred = True
        connections["default"].is_usable = lambda: False

    closed: list[bool] = []
    kept_open(one)
    monkeypatch.setattr(one._free.queue[0], "close", lambda: closed.append(True))
    apart(lambda: asked(one))
    assert closed == []
    apart(lambda: asked(one, breaks))
    assert closed == [True]


def test_who_has_no_seat_leaves_none() -> None:
    seats.leave()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("completions", {"model": "ada", "prompt": "x"}),
        ("chat/completions", {"model": "gpt-3.5-turbo-0613", "messages": [{"role": "user", "content": "x"}]}),
    ],
)
def test_whoever_writes_an_answer_has_left(
    owner: Caller, monkeypatch: pytest.MonkeyPatch, address: str, body: dict[str, object]
) -> None:
    whole, order = generate.whole, []
    monkeypatch.setattr(seats, "leave", lambda: order.append("left"))

    def write(*arguments: Any) -> generate.Piece:
        order.append("written")
        return whole(*arguments)

    monkeypatch.setattr(generate, "whole", write)
    owner.post(address, {**body, "max_tokens": 1})
    assert order == ["left", "written"]

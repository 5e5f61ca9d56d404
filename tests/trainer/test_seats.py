"""A burst waits before the database instead of using up its connections."""

from __future__ import annotations

from threading import BoundedSemaphore, Thread

import pytest

from tests.trainer.conftest import Caller
from trainer import generate
from trainer.api import seats, shapes
from trainer.api.seats import Seat

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> BoundedSemaphore:
    """There is one seat."""
    only = BoundedSemaphore(1)
    monkeypatch.setattr(seats, "_free", only)
    return only


def is_free(seat: BoundedSemaphore) -> bool:
    if taken := seat.acquire(blocking=False):
        seat.release()
    return taken


def test_the_next_one_waits_until_a_seat_is_given_back(one: BoundedSemaphore) -> None:
    first = Seat()
    second = Thread(target=lambda: Seat().give_back(), daemon=True)
    second.start()
    assert second.is_alive()
    first.give_back()
    second.join(30)
    assert not second.is_alive()
    assert is_free(one)


def test_it_is_given_back_once(one: BoundedSemaphore) -> None:
    seat = Seat()
    seat.give_back()
    seat.give_back()
    assert is_free(one)


@pytest.mark.parametrize(("address", "status"), [("models", 200), ("models/gpt-9", 404), ("nothing", 404)])
def test_each_request_gives_it_back(owner: Caller, one: BoundedSemaphore, address: str, status: int) -> None:
    owner.get(address, status)
    assert is_free(one)


def test_one_that_breaks_gives_it_back_too(owner: Caller, one: BoundedSemaphore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "base", lambda base: 1 / 0)
    owner.get("models", 500)
    assert is_free(one)


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("completions", {"model": "ada", "prompt": "x"}),
        ("chat/completions", {"model": "gpt-3.5-turbo-0613", "messages": [{"role": "user", "content": "x"}]}),
    ],
)
def test_whoever_writes_an_answer_needs_none(
    owner: Caller, one: BoundedSemaphore, monkeypatch: pytest.MonkeyPatch, address: str, body: dict[str, object]
) -> None:
    whole, free = generate.whole, []

    def look(*arguments: object) -> generate.Piece:
        free.append(is_free(one))
        return whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(generate, "whole", look)
    owner.post(address, {**body, "max_tokens": 1})
    assert free == [True]

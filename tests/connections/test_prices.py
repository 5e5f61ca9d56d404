from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connections import prices
from connections.models import Connection

LISTED = {"ada": "0.4", "gpt-4o": "25", "gpt-4o-mini": "3", "gpt-4o-mini-2024-07-18": "2.5", "own = base": "1"}


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("", {}),
        ("ada = 0.40\n\n curie=3 ", {"ada": "0.4", "curie": "3"}),
        ("ada = 0,40", {"ada": "0.4"}),
        ("a = b = 2", {"a = b": "2"}),
        ("free = 0", {"free": "0"}),
        ("tiny = 1e-3", {"tiny": "0.001"}),
    ],
)
def test_each_line_is_a_base_and_its_price(text: str, listed: dict[str, str]) -> None:
    assert prices.read(text) == listed


@pytest.mark.parametrize(
    "text", ["ada", "ada =", "= 3", "ada = x", "ada = -1", "ada = Infinity", "ada = 1e9", f"{'a' * 121} = 1"]
)
def test_what_is_no_price_is_refused_with_the_line(text: str) -> None:
    with pytest.raises(prices.BadLine) as refused:
        prices.read(f"curie = 3\n{text}")
    assert str(refused.value) == text.strip()[:60]


def test_a_list_has_an_end() -> None:
    with pytest.raises(prices.BadLine):
        prices.read("\n".join(f"base-{number} = 1" for number in range(prices.MOST + 1)))


def test_what_is_written_is_read_as_the_same() -> None:
    assert prices.read(prices.written(LISTED)) == LISTED


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("ada", "0.4"),
        ("ada:ft-acme:tickets-2026", "0.4"),
        ("gpt-4o-2024-08-06", "25"),
        ("ft:gpt-4o-2024-08-06:acme::x", "25"),
        ("gpt-4o-mini-2024-07-18", "2.5"),
        ("gpt-4o-mini", "3"),
        ("gpt-4o-audio", None),
        ("curie", None),
    ],
)
def test_a_model_costs_what_its_base_does_and_never_what_another_one_does(model: str, price: str | None) -> None:
    found = prices.price_of(Connection(prices=LISTED), model)
    assert (found.amount if found else None) == (Decimal(price) if price else None)


def test_a_price_carries_its_currency_its_day_and_what_is_charged() -> None:
    connection = Connection(prices={"ada": "0.4"}, currency="EUR", price_dates={"ada": "2026-01-02"}, bills_validation=True)
    assert prices.price_of(connection, "ada") == prices.Price(Decimal("0.4"), "EUR", date(2026, 1, 2), True)

"""What training costs on a connection, as its owner wrote it down: a price for a million tokens of each base."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from connections.models import Connection

MILLION = 1_000_000
MOST = 200
_DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4})$")


class BadLine(Exception):
    """A line that is no price; the message is the line, cut."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost, and what was written down with it."""

    amount: Decimal
    currency: str
    since: date | None  # the day on which it was written down
    bills_validation: bool  # whether the tokens of the validation part are charged too


def read(text: str) -> dict[str, str]:
    """The prices of lines such as `ada = 0.40`. Raises BadLine."""
    prices: dict[str, str] = {}
    for line in text.splitlines():
        if line.strip():
            name, price = _one(line)
            prices[name] = price
    if len(prices) > MOST:
        raise BadLine(str(len(prices)))
    return prices


def _one(line: str) -> tuple[str, str]:
    name, sign, price = (part.strip() for part in line.rpartition("="))
    try:
        amount = Decimal(price.replace(",", "."))
    except InvalidOperation:
        amount = Decimal(-1)
    if not sign or not name or len(name) > 120 or not (amount.is_finite() and 0 <= amount < MILLION):
        raise BadLine(line.strip()[:60])
    return name, format(amount.normalize(), "f")


def written(prices: Mapping[str, str]) -> str:
    return "\n".join(f"{name} = {price}" for name, price in prices.items())


def write(connection: Connection, prices: Mapping[str, str], *, currency: str, on: date) -> None:
    """Put a new list on the connection, not yet saved; a price that stays as it was keeps its day."""
    same = currency == connection.currency
    kept = {name for name, price in prices.items() if same and connection.prices.get(name) == price}
    days = {name: connection.price_dates.get(name) if name in kept else on.isoformat() for name in prices}
    connection.prices, connection.currency = dict(prices), currency
    connection.price_dates = {name: day for name, day in days.items() if day}


def listed(connection: Connection) -> list[tuple[str, Price]]:
    return [(name, _price(connection, name)) for name in connection.prices]


def price_of(connection: Connection, model: str) -> Price | None:
    """The price of a base, or of what a model was fine-tuned from; None if nobody wrote it down."""
    base = base_of(model)
    names = (model, base, undated(base))
    found = next((name for name in names if name in connection.prices), None)
    return _price(connection, found) if found is not None else None


def base_of(model: str) -> str:
    """Return what a model was fine-tuned from, as its name says; a base model's name as it is."""
    return model.removeprefix("ft:").split(":")[0]


def undated(base: str) -> str:
    return _DATED.sub("", base)


def _price(connection: Connection, name: str) -> Price:
    day = connection.price_dates.get(name)
    return Price(
        Decimal(connection.prices[name]),
        connection.currency,
        date.fromisoformat(day) if day else None,
        connection.bills_validation,
    )

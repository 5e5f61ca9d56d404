"""What training costs on a connection, as its owner wrote it down: a price for a million tokens of each base."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from connections.models import Connection

MILLION = 1_000_000
MOST = 200
_DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4})$")


class BadLine(Exception):
    """A line that is no price; the message is the line, cut."""


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


def written(prices: dict[str, str]) -> str:
    return "\n".join(f"{name} = {price}" for name, price in prices.items())


def price_of(connection: Connection, model: str) -> Decimal | None:
    """The price of a million training tokens of a base, or of what a model was fine-tuned from; None if unknown."""
    base = model.removeprefix("ft:").split(":")[0]
    found = next(
        (connection.prices[name] for name in (model, base, _DATED.sub("", base)) if name in connection.prices), None
    )
    return Decimal(found) if found is not None else None

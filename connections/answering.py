"""What answers cost on a connection, as its owner wrote it down: for a million tokens read, and for a million written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connections import prices
from connections.models import Connection

Pair = tuple[str, str]  # for a million tokens in, and for a million out


@dataclass(frozen=True, slots=True)
class AnswerPrice:
    """What a million tokens cost, and what was written down with it."""

    input: Decimal
    output: Decimal
    currency: str
    since: date | None  # the day on which it was written down

    def cost(self, read: int, written: int) -> Decimal:
        """What a prompt of `read` tokens and an answer of `written` ones cost, in the price's currency."""
        return (self.input * read + self.output * written) / prices.MILLION


def read(text: str) -> dict[str, Pair]:
    """The prices of lines such as `davinci-002 = 2.00 / 2.00`. Raises prices.BadLine."""
    found: dict[str, Pair] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _sign, amounts = (part.strip() for part in line.rpartition("="))
        first, slash, second = amounts.partition("/")
        found[name] = _amount(name, first, line), _amount(name, second if slash else first, line)
    if len(found) > prices.MOST:
        raise prices.BadLine(str(len(found)))
    return found


def _amount(name: str, amount: str, line: str) -> str:
    try:
        return prices.read(f"{name} = {amount}")[name]
    except (prices.BadLine, KeyError):
        raise prices.BadLine(line[:60]) from None


def written(connection: Connection) -> str:
    rows = connection.answer_prices.items()
    return "\n".join(f"{name} = {row['input']} / {row['output']}" for name, row in rows)


def write(connection: Connection, listed: Mapping[str, Pair], *, currency: str, on: date) -> None:
    """Put a new list on the connection, not yet saved; a price that stays as it was keeps its day.

    Call it before prices.write, which writes the currency of both lists.
    """
    former = connection.answer_prices if currency == connection.currency else {}
    connection.answer_prices = {name: _row(pair, former.get(name), on) for name, pair in listed.items()}


def _row(pair: Pair, former: Mapping[str, Any] | None, on: date) -> dict[str, Any]:
    if former and (former["input"], former["output"]) == pair:
        return dict(former)
    return {"input": pair[0], "output": pair[1], "since": on.isoformat()}


def listed(connection: Connection) -> list[tuple[str, AnswerPrice]]:
    return [(name, _price(connection, name)) for name in connection.answer_prices]


def answer_price_of(connection: Connection, model: str) -> AnswerPrice | None:
    """The price of a model's answers; None if nobody wrote it down.

    A fine-tuned model costs what is written for its own name or for `ft:` and its base, never what the base itself does.
    """
    found = next((name for name in _names(model) if name in connection.answer_prices), None)
    return _price(connection, found) if found is not None else None


def _names(model: str) -> tuple[str, ...]:
    base = prices.base_of(model)
    tuned = "ft:" if base != model else ""
    return model, tuned + base, tuned + prices.undated(base)


def _price(connection: Connection, name: str) -> AnswerPrice:
    row = connection.answer_prices[name]
    since = date.fromisoformat(row["since"]) if row.get("since") else None
    return AnswerPrice(Decimal(row["input"]), Decimal(row["output"]), connection.currency, since)

"""Days on which providers close: a dated table, for what they announced and do not tell through their API.

What a provider says of a model itself (`shutdown_date`) is always preferred to this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from connections import providers
from connections.models import Connection


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What a provider has announced, as it was read on a day."""

    training: date | None  # from then on nobody can start a fine-tune
    models: date  # fine-tuned models of all other bases answer until then
    earlier: tuple[tuple[date, tuple[str, ...]], ...]  # of bases with these names, also with a date behind them
    on: date
    source: str

    def of_base(self, base: str) -> date:
        """Return the day until which models that were fine-tuned from this base answer."""
        for day, names in self.earlier:
            if any(base == name or base.startswith(dated(name)) for name in names):
                return day
        return self.models


OPENAI = Closing(
    training=date(2027, 1, 6),
    models=date(2027, 1, 14),
    earlier=(
        (
            date(2026, 10, 23),
            ("gpt-3.5-turbo", "gpt-4", "gpt-4.1-nano", "babbage-002", "davinci-002", "o4-mini"),
        ),
        (date(2024, 1, 4), ("ada", "babbage", "curie", "davinci")),
    ),
    on=date(2026, 11, 20),
    source="OpenAI's deprecations page",
)
CLOSING = {"openai": OPENAI}


def dated(name: str) -> tuple[str, ...]:
    """Return how the names begin that a base has with a date behind it: `-2025-04-14`, `-0613`, `-1106`."""
    return tuple(f"{name}-{start}" for start in ("20", "0", "1"))


def closing(connection: Connection) -> Closing | None:
    """Return what the provider behind a connection has announced, if it is in the table."""
    return CLOSING.get(providers.of(connection).code)

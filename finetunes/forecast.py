"""The estimate for a form that is being filled in, resting on what was measured on the same connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connections.models import Connection
from connections.prices import Price, price_of
from datasets.models import Version
from datasets.tokens import encoding_for
from finetunes.estimate import LEGACY_EPOCHS, Estimate, Run, estimate, legacy_batch_size
from finetunes.models import FineTune, FineTuneQuerySet

MOST_RUNS = 20


@dataclass(frozen=True, slots=True)
class Forecast:
    estimate: Estimate
    rests_on_base: str  # the base whose runs were measured; empty if runs of other bases had to do
    price: Price | None

    def written(self) -> dict[str, Any]:
        """Everything that the estimate says and rests on, as plain JSON; what is unknown is left out."""
        one, price = self.estimate, self.price
        facts = {
            "tokens": one.tokens,
            "epochs": one.epochs,
            "charged_tokens": one.charged_tokens,
            "trained_tokens": one.trained_tokens,
            "validation_tokens": one.validation or None,
            "steps": one.steps,
            "seconds": one.seconds,
            "runs": one.runs or None,
            "runs_of": self.rests_on_base or None,
            "price": str(price.amount) if price else None,
            "currency": price.currency if price else None,
            "priced_on": price.since.isoformat() if price and price.since else None,
            "cost": str(one.cost) if one.cost is not None else None,
        }
        return {name: value for name, value in facts.items() if value is not None}


def forecast(
    version: Version,
    connection: Connection,
    base_model: str,
    settings: Mapping[str, Any],
    *,
    validates: bool = False,
) -> Forecast:
    """Estimate a fine-tune of this version with these settings; unknown where the provider chooses."""
    legacy = connection.dialect_for(base_model) == "legacy"
    runs, rests_on = _former(connection, base_model)
    counts = version.tokens.get(encoding_for(base_model), {})
    price = price_of(connection, base_model)
    made = estimate(
        rows=version.training_rows,
        tokens=counts.get("training"),
        epochs=_whole(settings.get("n_epochs")) or (LEGACY_EPOCHS if legacy else None),
        batch_size=_whole(settings.get("batch_size")) or (legacy_batch_size(version.training_rows) if legacy else None),
        former=runs,
        price=price.amount if price else None,
        validation=counts.get("validation") if validates and price and price.bills_validation else 0,
    )
    return Forecast(made, rests_on, price)


def _former(connection: Connection, base_model: str) -> tuple[list[Run], str]:
    same = _runs(FineTune.objects.measured(connection, base_model))
    return (same, base_model) if same else (_runs(FineTune.objects.measured(connection)), "")


def _runs(fine_tunes: FineTuneQuerySet) -> list[Run]:
    return [run for one in fine_tunes[:MOST_RUNS] if (run := _run(one))]


def _run(one: FineTune) -> Run | None:
    epochs = _whole(one.resolved.get("n_epochs"))
    version = one.training_version
    tokens = version.tokens.get(encoding_for(one.base_model), {}).get("training") if version else None
    trained = one.trained_tokens or (tokens * epochs if tokens and epochs else None)
    if not trained or one.started_at is None or one.finished_at is None:
        return None
    return Run(trained, (one.finished_at - one.started_at).total_seconds())


def _whole(value: Any) -> int | None:
    """Read a positive whole number; "auto", nothing and nonsense are None."""
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if 0 < number < 2**31 else None

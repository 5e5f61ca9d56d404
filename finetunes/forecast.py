"""The estimate for a form that is being filled in, resting on what was measured on the same connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connections.models import Connection
from connections.prices import price_of
from datasets.models import Version
from datasets.tokens import encoding_for
from finetunes.estimate import LEGACY_EPOCHS, Estimate, Run, estimate, legacy_batch_size
from finetunes.models import FineTune, FineTuneQuerySet

MOST_RUNS = 20


@dataclass(frozen=True, slots=True)
class Forecast:
    estimate: Estimate
    rests_on_base: str  # the base whose runs were measured; empty if runs of other bases had to do


def forecast(version: Version, connection: Connection, base_model: str, settings: dict[str, Any]) -> Forecast:
    """Estimate a fine-tune of this version with these settings; unknown where the provider chooses."""
    legacy = connection.dialect_for(base_model) == "legacy"
    runs, rests_on = _former(connection, base_model)
    made = estimate(
        rows=version.training_rows,
        tokens=version.tokens.get(encoding_for(base_model), {}).get("training"),
        epochs=_whole(settings.get("n_epochs")) or (LEGACY_EPOCHS if legacy else None),
        batch_size=_whole(settings.get("batch_size")) or (legacy_batch_size(version.training_rows) if legacy else None),
        former=runs,
        price=price_of(connection, base_model),
    )
    return Forecast(made, rests_on)


def _former(connection: Connection, base_model: str) -> tuple[list[Run], str]:
    same = _runs(FineTune.objects.measured(connection, base_model))
    return (same, base_model) if same else (_runs(FineTune.objects.measured(connection)), "")


def _runs(fine_tunes: FineTuneQuerySet) -> list[Run]:
    return [run for one in fine_tunes[:MOST_RUNS] if (run := _run(one))]


def _run(one: FineTune) -> Run | None:
    epochs = _whole(one.resolved.get("n_epochs"))
    tokens = one.training_version.tokens.get(encoding_for(one.base_model), {}).get("training")
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

"""Put a run of a million steps into the database of a running product, as if its results file had come: `python -m` this."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import django
import numpy as np
import polars as pl

STEPS = 1_000_000
SPIKE, HEIGHT = 612_345, 9.0
"""The one step at which the loss leaps, and how far."""


def table() -> bytes:
    """A results file of nine columns; validation at every eighth step."""
    chance = np.random.default_rng(6)
    steps = np.arange(1, STEPS + 1)
    loss = np.round(0.2 + 1.5 * np.exp(-6 * steps / STEPS) + np.abs(chance.normal(0, 0.04, STEPS)), 5)
    loss[SPIKE - 1] = HEIGHT
    sometimes = steps % 8 == 1
    columns = {
        "step": steps,
        "elapsed_tokens": steps * 97,
        "elapsed_examples": steps * 4,
        "training_loss": loss,
        "training_sequence_accuracy": chance.integers(0, 5, STEPS) / 4,
        "training_token_accuracy": np.round(1 - loss / 12, 5),
    }
    for name, values in {
        "validation_loss": loss + 0.1,
        "validation_sequence_accuracy": columns["training_sequence_accuracy"],
        "validation_token_accuracy": np.round(0.95 - loss / 12, 5),
    }.items():
        columns[name] = np.where(sometimes, np.round(values, 5), np.nan)
    frame = pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None))
    return frame.write_csv().encode()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.files.base import ContentFile

    from connections.models import Connection
    from datasets.models import Dataset, Version
    from finetunes.models import Event
    from finetunes.results import keep_results
    from tests.conftest import People
    from tests.finetunes.runs import run

    connection = Connection.objects.get()
    owner = connection.organization.memberships.get().user
    people = People(connection.organization, owner, owner, owner, owner)
    ready = {"state": Dataset.State.READY, "filename": "t.csv", "size": 1, "sha256": "0" * 64}
    dataset = Dataset.objects.create(organization=connection.organization, name="Letters", **ready)
    version = Version(dataset=dataset, number=1, format="prompt-completion", training_rows=9, validation_rows=0)
    version.training.save("training.jsonl", ContentFile(b'{"prompt":"a","completion":" b"}\n' * 9), save=False)
    version.save()
    made = run(people, connection, version, "A million steps", points={}, resolved={"n_epochs": 4}, total_steps=STEPS)
    keep_results(made, {"file-million": table()})
    began = datetime(2026, 11, 20, 8, tzinfo=UTC)
    told = [
        Event(
            fine_tune=made,
            ordinal=place,
            key=str(place),
            created_at=began + timedelta(minutes=place),
            level="info",
            message=f"Step {place * 50_000}/{STEPS}: training loss=0.5",
            metrics={"step": place * 50_000, "train_loss": 0.5},
        )
        for place in range(1, 21)
    ]
    Event.objects.bulk_create(told)
    made.last_event = len(told)
    made.save(update_fields=["last_event"])


if __name__ == "__main__":
    main()

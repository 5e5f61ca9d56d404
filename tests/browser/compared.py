"""Put runs to be compared into the database of a running product, as if their results had come: `python -m` this."""

from __future__ import annotations

import os

import django
import numpy as np

SPIKE = 73_911
"""The one step of the long run at which its loss leaps."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.files.base import ContentFile

    from connections.models import Connection
    from datasets.models import Dataset, Version
    from finetunes import metrics
    from tests.conftest import People
    from tests.finetunes.runs import run

    connection = Connection.objects.get()
    owner = connection.organization.memberships.get().user
    people = People(connection.organization, owner, owner, owner, owner)
    ready = {"state": Dataset.State.READY, "filename": "t.csv", "size": 1, "sha256": "0" * 64}
    dataset = Dataset.objects.create(organization=connection.organization, name="Letters", **ready)

    def version(number: int, rows: int) -> Version:
        labels = {" billing": rows // 2, " refund": rows - rows // 2}
        made = Version(
            dataset=dataset,
            number=number,
            format="prompt-completion",
            task="classification",
            training_sha256=str(number) * 64,
            validation_sha256="9" * 64,
            training_rows=rows,
            validation_rows=100,
            labels=list(labels),
            label_counts=labels,
        )
        made.training.save("training.jsonl", ContentFile(b'{"prompt":"a","completion":" billing"}\n' * rows), save=False)
        made.save()
        return made

    def losses(steps: int, floor: float, seed: int) -> metrics.Series:
        at = np.arange(1, steps + 1)
        noise = np.abs(np.random.default_rng(seed).normal(0, 0.05, steps))
        return metrics.series(at, floor + 2 * np.exp(-4 * at / steps) + noise)

    def scores(steps: int, values: list[float]) -> metrics.Series:
        return metrics.series([steps * (place + 1) // len(values) for place in range(len(values))], values)

    first, second = version(1, 400), version(2, 520)
    long = losses(100_000, 0.3, 1)
    long.values[SPIKE - 1] = 25.0
    for place, (name, data, floor, epochs, accuracy) in enumerate(
        [
            ("Plain", first, 0.6, 4, [0.71, 0.8, 0.82, 0.81]),
            ("Longer", first, 0.4, 8, [0.7, 0.78, 0.84, 0.86, 0.87, 0.88, 0.87, 0.87]),
            ("More data", second, 0.5, 4, [0.75, 0.83, 0.88, 0.91]),
        ]
    ):
        steps = 2_000 * (place + 1)
        points = {
            "training_loss": losses(steps, floor, place),
            "validation_loss": scores(steps, [2.0, 1.1 + floor, 0.9 + floor, 0.8 + floor]),
            "elapsed_examples": metrics.series(range(1, steps + 1), range(8, 8 * steps + 1, 8)),
            "classification/accuracy": scores(steps, accuracy),
            "classification/weighted_f1_score": scores(steps, [one - 0.01 for one in accuracy]),
        }
        settings = {"n_epochs": epochs, "batch_size": 8, "learning_rate_multiplier": 0.1}
        run(people, connection, data, name, points=points, resolved=settings)
    run(people, connection, second, "A hundred thousand steps", points={"training_loss": long}, resolved={"n_epochs": 2})


if __name__ == "__main__":
    main()

"""Fine-tunes with numbers, as if their results had come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import metrics, store
from finetunes.models import FineTune
from finetunes.progress import summarize
from finetunes.statuses import Status
from tests.conftest import People

Points = Mapping[str, Sequence[float] | metrics.Series]


def run(people: People, connection: Connection, version: Version | None, name: str = "A run", **values: Any) -> FineTune:
    """A fine-tune that succeeded; `points` are series by name, whose steps count from 1 where only values are given."""
    points: Points = values.pop("points", {})
    made = FineTune.objects.create(
        organization=values.pop("organization", people.organization),
        connection=connection,
        dialect="legacy",
        name=name,
        base_model=values.pop("base_model", "ada"),
        training_version=version,
        started_by=people.member,
        **{"status": Status.SUCCEEDED, "settled_at": timezone.now(), **values},
    )
    return report(made, points)


class Maker:
    """Makes runs of one organization that are alike but for what is said."""

    def __init__(self, people: People, connection: Connection, version: Version) -> None:
        self.people, self.connection, self.version = people, connection, version

    def __call__(self, points: Points | None = None, **values: Any) -> FineTune:
        connection = values.pop("connection", self.connection)
        return run(self.people, connection, values.pop("version", self.version), points=points or {}, **values)


def report(made: FineTune, points: Points) -> FineTune:
    """Add series to a fine-tune, in the store and in its summary."""
    series = {name: _series(one) for name, one in points.items()}
    outlines = store.write_series({made: series})[made.pk]
    made.summary |= summarize({name: one.extremes for name, one in outlines.items()})
    made.save(update_fields=["summary"])
    return made


def _series(points: Sequence[float] | metrics.Series) -> metrics.Series:
    return points if isinstance(points, metrics.Series) else metrics.series(range(1, len(points) + 1), points)

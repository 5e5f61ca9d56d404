"""Series that an older Tunedeck wrote are read as they were, after the migration and after taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from finetunes import store
from finetunes.models import FineTune, Span
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune, new_version

migration = import_module("finetunes.migrations.0012_spans_with_outlines")


@pytest.fixture
def old(transactional_db: None) -> Iterator[Any]:
    """The table as it was."""
    before = MigrationLoader(connection).project_state([("finetunes", "0011_find_what_has_not_settled")]).apps
    series = before.get_model("finetunes", "Series")
    with connection.schema_editor() as editor:
        editor.create_model(series)
    yield series
    with connection.schema_editor() as editor:
        editor.delete_model(series)


def test_old_rows_are_read_and_can_be_had_back(old: Any, people: People, connection: Any) -> None:
    fine_tune: FineTune = new_fine_tune(people, connection, new_version(people))
    steps = np.arange(1, 70_001)
    for number, part in enumerate([steps[:65_535], steps[65_535:]]):
        values = np.sqrt(part).astype("<f8").tobytes()
        old.objects.create(
            fine_tune_id=fine_tune.pk, name="x", span=number, steps=part.astype("<i8").tobytes(), values=values
        )
    kept = list(old.objects.order_by("span").values_list("span", "steps", "values"))
    apps = SimpleNamespace(get_model=lambda _app, name: old if name == "Series" else Span)

    migration.pack(apps, None)
    found = store.read_series(fine_tune)["x"]
    assert found.steps.tolist() == steps.tolist()
    assert np.array_equal(found.values, np.sqrt(steps))
    assert store.extents(fine_tune)["x"] == store.Extent(1, 70_000, 70_000)
    assert [bool(row.outline) for row in Span.objects.order_by("number")] == [True, True]

    old.objects.all().delete()
    migration.unpack(apps, None)
    again = list(old.objects.order_by("span").values_list("span", "steps", "values"))
    assert [(number, bytes(one), bytes(two)) for number, one, two in again] == [
        (number, bytes(one), bytes(two)) for number, one, two in kept
    ]

"""A table of chores: the smallest thing that can be leased."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models

from work.lease import Leased, LeasedQuerySet


class Chore(Leased):
    done = models.CharField(max_length=40, blank=True)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        app_label = "chores"  # of no installed app, so no migration is missing for it

    def __str__(self) -> str:
        return f"chore {self.pk}"


@pytest.fixture(scope="session")
def chores_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Chore)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.delete_model(Chore)


@pytest.fixture
def chores(chores_table: None, db: None) -> LeasedQuerySet[Chore]:
    return LeasedQuerySet(Chore)

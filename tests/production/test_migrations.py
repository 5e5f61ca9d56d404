"""Migrations run while the version before goes on serving: none takes away what that version uses, or keeps it waiting."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

from tests.product import ROOT

OWN = {
    "connections",
    "datasets",
    "evaluations",
    "finetunes",
    "forgetting",
    "handover",
    "notifications",
    "playground",
    "teams",
    "trainer",
    "work",
}
TAKEN = (
    operations.DeleteModel,
    operations.RemoveField,
    operations.RenameField,
    operations.RenameModel,
    operations.AlterModelTable,
)
LARGE = {"finetunes_event", "finetunes_span", "trainer_event", "teams_auditentry", "evaluations_answer"}
"""Tables of so many rows that an index is made beside those who write (AddIndexConcurrently)."""

AS_THEY_ARE = {
    "connections.0002_each_price_has_a_day",
    "connections.0003_providers_closing_and_bases",
    "connections.0004_prices_of_answers",
    "datasets.0003_version_sides",
    "finetunes.0002_polling_and_inventory",
    "finetunes.0004_what_was_heard_of_one_in_doubt",
    "finetunes.0005_mention_of_elsewhere",
    "finetunes.0006_deployment_of_a_model",
    "finetunes.0012_spans_with_outlines",
    "finetunes.0013_verdict_and_checkpoints",
    "finetunes.0015_a_threshold_of_a_model",
    "teams.0002_audit_chain",
}
"""Released before this was asked of them: whoever comes from before them stops the old version first."""


def migrations() -> dict[str, Migration]:
    disk = MigrationLoader(None).disk_migrations or {}
    return {f"{app}.{name}": one for (app, name), one in disk.items() if app in OWN}


def complaints(app: str, made_here: set[str], operation: Any, before: ProjectState) -> Iterator[str]:
    """Say what an operation does to those who still run the version before."""
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from complaints(app, made_here, inner, before)
    model = getattr(operation, "model_name", getattr(operation, "name", "")).lower()
    if model in made_here:
        return
    if isinstance(operation, TAKEN):
        yield f"{type(operation).__name__} of {model} takes away what the version before reads: leave it for one release"
    if isinstance(operation, operations.AddField) and is_missed(operation.field):
        yield f"{model}.{operation.name} is not set by the version before: give it a db_default, or let it be null"
    if isinstance(operation, operations.AlterField) and is_of_another_type(app, operation, before):
        yield f"{model}.{operation.name} changes its type: web processes hold prepared statements that rest on the old one"
    if type(operation) is operations.AddIndex and f"{app}_{model}" in LARGE:
        yield f"an index on {model} holds up who writes: use AddIndexConcurrently"


def is_missed(field: models.Field[Any, Any]) -> bool:
    """Whether a row that the version before writes would be refused for want of this column."""
    return not (field.null or field.many_to_many or field.db_default is not NOT_PROVIDED)


def is_of_another_type(app: str, operation: operations.AlterField, before: ProjectState) -> bool:
    old = before.models[app, operation.model_name_lower].fields[operation.name]
    if old.remote_field or operation.field.remote_field:  # of the type of what it leads to
        return type(old) is not type(operation.field)
    return bool(old.db_type(connection) != operation.field.db_type(connection))


def found(name: str, migration: Migration) -> list[str]:
    app = name.partition(".")[0]
    made_here = {one.name.lower() for one in migration.operations if isinstance(one, operations.CreateModel)}
    before = MigrationLoader(None).project_state((app, migration.name), at_end=False)
    return [said for operation in migration.operations for said in complaints(app, made_here, operation, before)]


@pytest.mark.parametrize("name", sorted(migrations()))
def test_the_version_before_goes_on_while_it_runs(name: str) -> None:
    said = found(name, migrations()[name])
    assert bool(said) is (name in AS_THEY_ARE), said


def test_the_packages_with_tables_are_all_looked_at() -> None:
    names = {config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT}
    disk = MigrationLoader(None).disk_migrations or {}
    assert {app for app, _ in disk} & names <= OWN


BAD: list[Any] = [
    operations.RemoveField("finetune", "name"),
    operations.RenameField("finetune", "name", "title"),
    operations.DeleteModel("finetune"),
    operations.RenameModel("finetune", "job"),
    operations.AddField("finetune", "colour", models.CharField(max_length=9, default="red")),
    operations.AddIndex("event", models.Index(fields=["at"], name="at")),
    operations.AlterField("finetune", "name", models.CharField(max_length=220)),
    operations.AlterField("finetune", "step", models.TextField()),
]
GOOD: list[Any] = [
    operations.AddField("finetune", "colour", models.CharField(max_length=9, null=True)),
    operations.AddField("finetune", "colour", models.CharField(max_length=9, db_default="red")),
    operations.AddIndex("finetune", models.Index(fields=["name"], name="by_name")),
    AddIndexConcurrently("event", models.Index(fields=["at"], name="at")),
    operations.AlterField("finetune", "name", models.CharField("its name", max_length=200)),
]


@cache
def now() -> ProjectState:
    return MigrationLoader(None).project_state()


@pytest.mark.parametrize("operation", BAD, ids=lambda one: one.describe())
def test_what_the_version_before_cannot_bear_is_found(operation: Any) -> None:
    assert list(complaints("finetunes", set(), operation, now()))


@pytest.mark.parametrize("operation", GOOD, ids=lambda one: one.describe())
def test_what_it_can_bear_is_let_be(operation: Any) -> None:
    assert not list(complaints("finetunes", set(), operation, now()))


def test_a_table_of_the_same_migration_may_be_changed_at_will() -> None:
    assert not list(complaints("finetunes", {"finetune"}, BAD[0], now()))

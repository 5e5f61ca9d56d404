"""The database: does it answer, has it the tables that this version needs, and is there room in it."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.doctor.findings import Finding, bad, good, size, warning
from config.metrics.gauges import database_bytes

NEARLY = 0.8
OLDEST_POSTGRESQL = 14


def answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def unapplied() -> list[str]:
    """Return the migrations of this version that the database has not got."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def look() -> Iterator[Finding]:
    if not answers():
        yield bad("The database does not answer.", "See that it runs and that DATABASE_URL names it, with its password.")
        return
    yield good(f"The database answers: {_version()}, {size(database_bytes())}.")
    if missing := unapplied():
        names = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        yield bad(f"{len(missing)} migrations are missing: {names}.", "Run `manage.py set_up`.")
    yield from _sqlite() if connection.vendor == "sqlite" else _postgresql()


def _version() -> str:
    number = ".".join(map(str, connection.get_database_version()))
    return f"{connection.display_name} {number}"


def _sqlite() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
    if mode not in {"wal", "memory"}:
        yield warning(
            f"SQLite writes in the mode “{mode}”, so that readers and writers wait for each other.",
            "Keep TUNEDECK_DATA on a local disk: over a network SQLite cannot do better, and is not safe.",
        )


def _postgresql() -> Iterator[Finding]:
    if connection.get_database_version()[0] < OLDEST_POSTGRESQL:
        yield warning("This PostgreSQL is older than Django supports.", f"Upgrade it to {OLDEST_POSTGRESQL} or later.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity")
        used, most = cursor.fetchone()
    if used > NEARLY * most:
        yield warning(
            f"{used} of its {most} connections are in use.",
            "Raise max_connections, or run fewer processes: docs/settings.md says how many connections each may have.",
        )

"""One moment of the database, as files: SQLite's own copy of itself, or what PostgreSQL's COPY gives of each table.

COPY needs no program beside the server and no program of the server's version. What it writes is read into tables that
the migrations make, taken to where they were when the backup was made; so the order of columns does not matter.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.backup.archive import Manifest, Unusable

SQLITE = "tunedeck.sqlite3"
COLUMNS = (
    "SELECT column_name, data_type FROM information_schema.columns"
    " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position"
)
SEQUENCES = (
    "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL"
)


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def applied() -> dict[str, list[str]]:
    """Return the migrations that the database has seen, by app."""
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


@contextmanager
def moment() -> Iterator[None]:
    """Everything that is read inside is of one moment, and nobody who writes meanwhile has to wait."""
    if not is_postgresql():
        with _moment_of_sqlite():
            yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


@contextmanager
def _moment_of_sqlite() -> Iterator[None]:
    with connection.cursor() as cursor:  # Django's own transactions would take the place of whoever writes
        cursor.execute("BEGIN DEFERRED")
        try:
            cursor.execute("SELECT 1 FROM sqlite_master")
            yield
        finally:
            cursor.execute("ROLLBACK")


def copy_sqlite(target: Path) -> None:
    """Copy the database as it is at the moment that the connection sees."""
    with closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")


def copy_tables(folder: Path) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Write each table to a file of its own; return the tables' columns, and how far the numbers of new rows are."""
    columns: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            columns[table] = list(types(table))
            with (folder / table).open("wb") as file, cursor.copy(_copy(table, columns[table], "TO STDOUT")) as rows:
                file.writelines(rows)
        cursor.execute(SEQUENCES)
        return columns, dict(cursor.fetchall())


def types(table: str) -> dict[str, str]:
    """Return what PostgreSQL calls the types of a table's columns, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        return dict(cursor.fetchall())


def is_empty() -> bool:
    return not connection.introspection.table_names()


def unknown(migrations: dict[str, list[str]]) -> list[str]:
    """Return the migrations that this Tunedeck does not have."""
    known = MigrationLoader(None).disk_migrations or {}
    return [f"{app}.{name}" for app, names in migrations.items() for name in names if (app, name) not in known]


def empty() -> None:
    """Drop every table (PostgreSQL)."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)} CASCADE")


def load(folder: Path, manifest: Manifest) -> None:
    """Fill an empty PostgreSQL with what `copy_tables` wrote, or with the rows of an SQLite file."""
    make_tables(manifest.migrations)
    with transaction.atomic(), connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if "teams_auditpermit" in tables:  # else the audit log refuses; the permit goes with all the rest
            cursor.execute("INSERT INTO teams_auditpermit (reason) VALUES ('restore')")
        names = ", ".join(map(connection.ops.quote_name, tables))
        cursor.execute(f"TRUNCATE {names}")  # what migrations themselves have written comes again with the rows
        if manifest.database == "sqlite":
            _load_sqlite(cursor, folder / SQLITE)
            return
        for table, columns in manifest.columns.items():
            with (folder / table).open("rb") as file, cursor.copy(_copy(table, columns, "FROM STDIN")) as rows:
                while chunk := file.read(2**20):
                    rows.write(chunk)
        for sequence, last in manifest.sequences.items():
            cursor.execute("SELECT setval(quote_ident(%s)::regclass, %s)", [sequence, last])


def make_tables(migrations: dict[str, list[str]]) -> None:
    """Migrate an empty database to where another one was."""
    executor = MigrationExecutor(connection)
    names = {(app, name) for app, names in migrations.items() for name in names}
    graph = executor.loader.graph
    last = [
        key
        for key in names
        if not any(child.key in names and child.key[0] == key[0] for child in graph.node_map[key].children)
    ]
    executor.migrate(sorted(last))


def _load_sqlite(cursor: Any, path: Path) -> None:
    with closing(sqlite3.connect(path)) as source:
        source.row_factory = sqlite3.Row
        numbers = dict(source.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        for table in connection.introspection.table_names(cursor):
            _load_rows(cursor, source, table)
            if table in numbers:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(quote_ident(%s), 'id'), %s)", [table, max(1, numbers[table])]
                )


def _load_rows(cursor: Any, source: sqlite3.Connection, table: str) -> None:
    kinds = types(table)
    columns = ", ".join(map(connection.ops.quote_name, kinds))
    rows = source.execute(f"SELECT {columns} FROM {connection.ops.quote_name(table)}")  # noqa: S608 (names of our own tables)
    with cursor.copy(_copy(table, list(kinds), "FROM STDIN")) as target:
        for row in rows:
            target.write_row([_as(kind, value) for kind, value in zip(kinds.values(), row, strict=True)])


def _as(kind: str, value: Any) -> Any:
    """Return SQLite's value as PostgreSQL writes it: booleans are numbers there, all else is spelt alike."""
    if kind == "boolean" and value is not None:
        return bool(value)
    if kind == "interval" and value is not None:
        return f"{value} microseconds"
    return str(value) if kind in {"numeric", "uuid", "jsonb"} and value is not None else value


def _copy(table: str, columns: list[str], direction: str) -> str:
    quoted = ", ".join(map(connection.ops.quote_name, columns))
    return f"COPY {connection.ops.quote_name(table)} ({quoted}) {direction}"


def refuse_to_go_back(manifest: Manifest) -> None:
    if manifest.database == "postgresql" and not is_postgresql():
        raise Unusable(
            "This backup comes from PostgreSQL. It can only be restored into PostgreSQL: name a database in DATABASE_URL."
        )

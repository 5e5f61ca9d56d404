"""Chain the entries that an older version wrote: before there was a chain, or while a newer version was set up.

Migrations hand in their own historical models, so nothing here may be asked of a model but its fields.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from teams.audit import chain

CHUNK = 2000
COLUMNS = ("number", "previous", "hash", "seals")


def organizations(entries: Any) -> list[int | None]:
    """Return the ids of the organizations that have entries without a number."""
    return list(
        entries.filter(number__isnull=True).order_by("organization_id").values_list("organization_id", flat=True).distinct()
    )


def adopt(entries: Any, end: Any) -> int:
    """Chain, oldest first, the unchained entries of one chain after its end; return how many.

    Call it in a transaction that holds the row `end` and, where the guard stands, a permit. `entries` is a manager.
    """
    unchained = entries.filter(number__isnull=True, organization_id=end.organization_id).order_by("created_at", "pk")
    before = end.number
    while some := list(unchained[:CHUNK]):
        _write(entries, [_follow(entry, end) for entry in some])
    type(end)._base_manager.filter(pk=end.pk).update(number=end.number, hash=end.hash, last_at=end.last_at)
    return int(end.number - before)


def _follow(entry: Any, end: Any) -> tuple[Any, ...]:
    """Give the entry the next place of the chain; return its values in the order of COLUMNS, and its key."""
    entry.seals = chain.new_salts()
    entry.number, entry.previous = end.number + 1, end.hash
    entry.hash = chain.digest(entry)
    end.number, end.hash = entry.number, entry.hash
    end.last_at = max(end.last_at or entry.created_at, entry.created_at)
    return (*(getattr(entry, column) for column in COLUMNS), entry.pk)


def _write(entries: Any, rows: list[tuple[Any, ...]]) -> None:
    database = connections[entries.db]
    table = database.ops.quote_name(entries.model._meta.db_table)
    with database.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET number = %s, previous = %s, hash = %s, seals = %s WHERE id = %s",  # noqa: S608
            rows,
        )

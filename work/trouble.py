"""Telling the database's trouble from ours."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError


def is_away(error: BaseException | None) -> bool:
    """Whether the database could not be reached or was too busy, and the same may go well in a moment."""
    if isinstance(error, OperationalError):
        return "no such " not in str(error)  # SQLite's word for a table or a column that is missing
    return isinstance(error, InterfaceError)

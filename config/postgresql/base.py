"""The database's name in the settings is this package's: Django looks for `base` in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.db.backends.postgresql import base, features, operations
from psycopg.types.datetime import TimestamptzLoader

MOST_VALUES = 2**16 - 1
"""So many may go beside one statement to PostgreSQL; written into it, as without binding there, there is no limit."""


class Moments(TimestamptzLoader):
    """Reads what PostgreSQL writes in UTC, as all connections of Django do, as ISO 8601: in a tenth of the time.

    Psycopg's own class, which Django extends, is written in Python and takes the text apart by a pattern.
    """

    timezone: Final = UTC
    """Django looks here whether it must read in another time zone, and then does so itself."""

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            return super().load(data)  # before the year 1, after 9999: refused in psycopg's words


class DatabaseFeatures(features.DatabaseFeatures):
    @property
    def max_query_params(self) -> int | None:  # type: ignore[override]
        return MOST_VALUES if self.uses_server_side_binding else None


class DatabaseOperations(operations.DatabaseOperations):
    def bulk_batch_size(self, fields: Any, objs: Sequence[Any]) -> int:
        """Return how many rows at most are written, or looked for, in one statement."""
        most = self.connection.features.max_query_params
        return len(objs) if most is None else max(1, most // max(1, len(fields)))


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone == UTC:
            params["context"].adapters.register_loader("timestamptz", Moments)
        return params

"""The database's name in the settings is this package's: Django looks for `base` in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.db.backends.postgresql import base
from psycopg.types.datetime import TimestamptzLoader


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


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone == UTC:
            params["context"].adapters.register_loader("timestamptz", Moments)
        return params

"""The database as a process that answers requests uses it: a few connections, shared by all of its threads.

Each of its threads would otherwise open a connection for every request, which costs PostgreSQL a new process.
Workers do one thing at a time and keep no pool. See docs/operate.md for the arithmetic.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections

GET_SECONDS = 10.0
"""So long a request waits for a connection, be all of them in use or the database away."""
RECONNECT_SECONDS = 2.0
"""So long the pool by itself goes on to connect anew; after that whoever needs a connection makes it try again."""

REMEMBERED = {"server_side_binding": True, "prepare_threshold": 5}
"""PostgreSQL remembers how to answer what a connection has asked five times: it need not read and plan it anew."""


def share_connections() -> None:
    """Let the threads of this process share connections, if the database is one for which that pays."""
    database: dict[str, Any] = connections.settings["default"]
    if settings.DATABASE_POOL and database["ENGINE"].endswith("postgresql"):
        most = settings.DATABASE_POOL
        pool = {"min_size": 1, "max_size": most, "timeout": GET_SECONDS, "reconnect_timeout": RECONNECT_SECONDS}
        database["OPTIONS"] |= {"pool": pool, **(REMEMBERED if settings.DATABASE_PREPARE else {})}
        database["CONN_MAX_AGE"] = 0  # given back after each request, not closed

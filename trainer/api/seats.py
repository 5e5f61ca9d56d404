"""Seats at the database: how many requests of this process are there at once, and the connections they find there.

A burst of requests waits here instead of using up the connections that the database allows to all processes. The seat
that was left last is taken first, so that a few connections serve all but the bursts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import LifoQueue
from threading import local

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

MOST = settings.DATABASE_POOL or 40


class _Here(local):
    """What this thread sits on."""

    seats: Seats | None = None


_here = _Here()


class Seats:
    def __init__(self, count: int = MOST) -> None:
        self._free: LifoQueue[BaseDatabaseWrapper] = LifoQueue()
        for _ in range(count):
            self._free.put(_connection())

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Give the thread a connection, however long that takes, until the end or until it says `leave`."""
        connections[DEFAULT_DB_ALIAS] = self._free.get()
        _here.seats = self
        try:
            yield
        finally:
            leave()

    def back(self) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        del connections[DEFAULT_DB_ALIAS]
        try:
            connection.close_if_unusable_or_obsolete()
        finally:
            self._free.put(connection)


def leave() -> None:
    """Let the next one in, if this thread has a seat: what follows must not need the database."""
    seats, _here.seats = _here.seats, None
    if seats is not None:
        seats.back()


def _connection() -> BaseDatabaseWrapper:
    """Return a connection that any thread may use, one after the other; it is opened by the first one that asks."""
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    connection.inc_thread_sharing()
    return connection

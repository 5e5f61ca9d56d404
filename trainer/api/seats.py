"""How many requests of this process are at the database at once: each of them has a connection of its own.

A burst of requests waits here instead of using up the connections that the database allows to all processes.
"""

from __future__ import annotations

from threading import BoundedSemaphore

from django.db import connections

SEATS = 40

_free = BoundedSemaphore(SEATS)


class Seat:
    """Taken when it is made, however long that takes; given back once."""

    def __init__(self) -> None:
        _free.acquire()
        self._taken = True

    def give_back(self) -> None:
        """Let the next one in, with the connection closed: what follows must not need the database."""
        if self._taken:
            self._taken = False
            try:
                _close()
            finally:
                _free.release()


def _close() -> None:
    """Close the thread's connection, unless it is in a transaction that began before the request (as tests do)."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()

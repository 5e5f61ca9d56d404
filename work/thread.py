"""The thread of a request, and the database connection in it, while something slower than a database is waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


async def briefly(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something synchronous in the middle of a stream, and keep no database connection for its rest."""
    return await sync_to_async(_and_close)(call, *args, **kwargs)


def _and_close(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return call(*args, **kwargs)
    finally:
        _close()


def _close() -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def give_seat_back() -> None:
    """Give this thread's database connection back to those whom it shares a few with, before it waits for a network.

    What comes after takes one again. A transaction keeps its own, and whoever shares with nobody, such as a worker, too.
    """
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
            connection.close()

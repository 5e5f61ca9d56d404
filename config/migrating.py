"""Bring the database up to date while others use it, and one process at a time."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection

LOCK = 0x7475_6E65  # "tune": any number that nobody else takes an advisory lock on
LOCK_SECONDS, ATTEMPTS = 5, 12


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other process sets up the same database, on whichever machine."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    else:
        with (settings.DATA / "set-up.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def migrate() -> None:
    """Migrate; on PostgreSQL no statement waits long for a table, because everybody else would wait behind it.

    One that did not get its table is tried again: each migration is done whole or not at all.
    """
    if connection.vendor != "postgresql":
        call_command("migrate", verbosity=0, interactive=False)
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'; SET statement_timeout = 0")
    try:
        _insist()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout; RESET statement_timeout")


def _insist() -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            if "lock timeout" not in str(error) or attempt == ATTEMPTS:
                raise
            time.sleep(attempt)
        else:
            return

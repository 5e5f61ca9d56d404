"""Keep a lease alive while a call takes its time, such as an upload."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from work.lease import Leased

SECONDS = 30.0


@contextmanager
def holding(row: Leased, *, seconds: float = SECONDS) -> Iterator[None]:
    """Renew the row's lease every third of `seconds` until the block ends."""
    done = threading.Event()
    thread = threading.Thread(target=_renew, args=(row, seconds, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew(row: Leased, seconds: float, done: threading.Event) -> None:
    try:
        while not done.wait(seconds / 3):
            if not row.renew(seconds):
                return
    finally:
        connection.close()

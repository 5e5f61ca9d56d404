"""A worker that has lost its broker asks for it every few seconds, however long it was away."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from celery.worker import consumer

MOST_SECONDS = 3
"""Celery itself waits ever longer, up to half a minute."""
log = logging.getLogger(__name__)


class Consumer(consumer.Consumer):
    def ensure_connected(self, conn: Any) -> Any:
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=1, interval_step=1, interval_max=MOST_SECONDS
        )
        return super().ensure_connected(conn)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        if self.connection:
            self.connection.close = partial(_close, self.connection.close)
        super().on_connection_error_after_connected(exc)


def _close(close: Callable[[], None]) -> None:
    """Let go of a broken connection, whatever becomes of the messages that came over it and were not begun yet.

    They cannot be given back to a broker that is away. Kombu stumbles over that with an error of its own, after which
    Celery would end the worker as soon as its tasks have ended; and a message is only a ring, the next one says the same.
    """
    try:
        close()
    except Exception as error:
        log.warning("the lost connection to the broker was left as it is: %r", error)

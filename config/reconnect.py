"""A worker that has lost its broker asks for it every few seconds, however long it was away."""

from __future__ import annotations

from functools import partial
from typing import Any

from celery.worker import consumer

MOST_SECONDS = 3
"""Celery itself waits ever longer, up to half a minute."""


class Consumer(consumer.Consumer):
    def ensure_connected(self, conn: Any) -> Any:
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=1, interval_step=1, interval_max=MOST_SECONDS
        )
        return super().ensure_connected(conn)

"""The clock that rings, `celery beat`, with a sign of life of its own."""

from __future__ import annotations

import socket
import time
from typing import Any

from celery.beat import PersistentScheduler

from config import pulse

QUEUE = "beat"


class Scheduler(PersistentScheduler):
    _signed_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Ring what is due; every few seconds write down that this goes on."""
        if time.monotonic() - self._signed_at > pulse.EVERY_SECONDS:
            self._signed_at = time.monotonic()
            pulse.beat(f"{QUEUE}@{socket.gethostname()}", QUEUE, 0)
        seconds: float = super().tick(*args, **kwargs)
        return seconds

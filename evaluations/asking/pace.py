"""How many requests go to a connection at a time: fewer when it says so, slowly more when it answers."""

from __future__ import annotations

import time

from django.conf import settings


class Window:
    """Halved when the provider is busy, once for all requests that were out by then; each answer lets it grow a little."""

    def __init__(self, at_once: float = 0) -> None:
        self.most = settings.EVALUATION_CONCURRENCY
        self.size = min(at_once, self.most) or float(self.most)
        self._cut_at = 0.0

    def has_room(self, out: int) -> bool:
        return out < max(1, int(self.size))

    def busy(self, sent_at: float) -> None:
        if sent_at >= self._cut_at:
            self.size = max(1.0, self.size / 2)
            self._cut_at = time.monotonic()

    def answered(self) -> None:
        self.size = min(float(self.most), self.size + 1 / self.size)

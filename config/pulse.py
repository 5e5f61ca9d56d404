"""A worker's sign of life: every few seconds, busy or idle, each Celery worker writes a row."""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps
from django.db import Error, close_old_connections

from config import alive

EVERY_SECONDS = 5
log = logging.getLogger(__name__)


class PulseStep(bootsteps.StartStopStep):
    requires = ("celery.worker.components:Timer",)

    def start(self, worker: Any) -> None:
        queue = worker.hostname.split("@")[0]
        signs = (worker.hostname, queue, worker.concurrency)
        self.timer = worker.timer.call_repeatedly(EVERY_SECONDS, beat, signs)
        beat(*signs)

    def stop(self, worker: Any) -> None:
        self.timer.cancel()


def beat(worker: str, queue: str, slots: int) -> None:
    from work.models import Pulse

    alive.note(queue)
    close_old_connections()
    try:
        Pulse.objects.beat(worker, queue, slots)
    except Error as error:
        log.warning("could not write a sign of life: %s", error)
    finally:
        close_old_connections()

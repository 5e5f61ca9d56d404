"""What a run says while it works, written in bundles: events, estimate, and the lease in one transaction.

Writing is conditional on the lease and on the job's status: a run that was cancelled, or whose lease went
to somebody else, writes nothing more and learns of it by `Stopped`.
"""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from trainer.models import UNFINISHED, Event, Job

LEASE_SECONDS = 30.0
BUNDLE_SECONDS = 0.5


class Stopped(Exception):
    """The job was cancelled, or another process has it now: stop without a word."""


class Journal:
    def __init__(self, job: Job) -> None:
        self.job = job
        self._events: list[Event] = []
        self._written = self._began = time.monotonic()
        self._steps_left = self._steps_done = 0

    def add(self, *events: Event) -> None:
        self._events.extend(events)

    def start(self, *, steps_left: int) -> None:
        self._steps_left, self._began = steps_left, time.monotonic()

    def step_done(self) -> None:
        """Count a step, so that the time still needed can be estimated from the time used."""
        self._steps_done += 1
        self._steps_left -= 1
        self.beat()

    def beat(self) -> None:
        if time.monotonic() - self._written >= BUNDLE_SECONDS:
            self.write()

    def write(self, **changes: object) -> None:
        """Write what was added and `changes` of the job now, and renew the lease; raise Stopped if it is lost."""
        now = timezone.now()
        values = {"updated_at": now, "lease_until": now + timedelta(seconds=LEASE_SECONDS), **self._estimate(), **changes}
        with transaction.atomic():
            if not self.job.held().filter(status__in=UNFINISHED).update(**values):
                raise Stopped
            Event.objects.bulk_create(self._events, ignore_conflicts=True)
        for name, value in values.items():
            setattr(self.job, name, value)
        self._events.clear()
        self._written = time.monotonic()

    def _estimate(self) -> dict[str, object]:
        """Return the expected end, as long as the steps left take what the steps of this run took on average."""
        if not self._steps_done:
            return {}
        seconds = self._steps_left * (time.monotonic() - self._began) / self._steps_done
        return {"estimated_finish": timezone.now() + timedelta(seconds=seconds)}

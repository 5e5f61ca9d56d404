"""The first thing that is done with a job: are its files usable for what was asked? Then it may queue."""

from __future__ import annotations

from django.utils import timezone

from trainer import defaults, material, queue, wording
from trainer.attempt import attempt
from trainer.journal import Journal
from trainer.models import Job, Status


def check(job: Job) -> None:
    """Check a claimed job's files and move it to the queue, or fail it with the reason."""
    attempt(job, lambda: _check(job))


def _check(job: Job) -> None:
    journal = Journal(job)
    found = material.read(job, journal.beat)
    if found.cut:
        journal.add(wording.cut(job, found.cut))
    journal.add(*wording.queued(job, queue.ahead(job)))
    resolved = defaults.resolve(job.hyperparameters, len(found.training))
    nobody = {"lease_token": None, "lease_until": None}
    journal.write(status=Status.QUEUED, hyperparameters=resolved, due_at=timezone.now(), attempts=0, **nobody)

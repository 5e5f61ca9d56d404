"""Let a job rest, and let it go on from the end of its last complete epoch.

A process that trains the job loses its lease with the pause: it notices at its next step and leaves.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from trainer import wording
from trainer.models import Event, Job, Status


class WrongMoment(Exception):
    """The job is in no state for it."""


def pause(job: Job) -> None:
    active = Job.objects.filter(pk=job.pk, status__in=(Status.QUEUED, Status.RUNNING))
    _move(job, active, Status.PAUSED, wording.paused, due_at=None, estimated_finish=None)


def resume(job: Job) -> None:
    """Queue a paused job again, behind those that wait already only by its number."""
    paused = Job.objects.filter(pk=job.pk, status=Status.PAUSED)
    _move(job, paused, Status.QUEUED, wording.resumed, due_at=timezone.now(), attempts=0)


def _move(job: Job, rows: QuerySet[Job], status: Status, told: Any, **changes: Any) -> None:
    nobody = {"lease_token": None, "lease_until": None}
    with transaction.atomic():
        if not rows.update(status=status, updated_at=timezone.now(), **nobody, **changes):
            raise WrongMoment
        Event.objects.bulk_create([told(job, job.events.count())])

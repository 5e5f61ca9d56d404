"""The queue of jobs, and telling those who wait how many are ahead of them."""

from __future__ import annotations

from django.db import transaction

from trainer import wording
from trainer.models import Event, Generation, Job, Status

TOLD_AT_ONCE = 50


def ahead(job: Job) -> int:
    return Job.objects.filter(status__in=(Status.QUEUED, Status.RUNNING), pk__lt=job.pk).count()


def tell() -> None:
    """Tell each waiting legacy job its new number; a number that was told is not told again."""
    waiting = Job.objects.generation(Generation.LEGACY).filter(status=Status.QUEUED).order_by("pk")[:TOLD_AT_ONCE]
    for job in waiting:
        event = wording.waiting(job, ahead(job))
        if not job.events.filter(mark=event.mark).exists():
            _tell(job, event)


def _tell(job: Job, event: Event) -> None:
    """Write the event unless the job was started at this very moment."""
    with transaction.atomic():
        if Job.objects.select_for_update().filter(pk=job.pk, status=Status.QUEUED).exists():
            Event.objects.bulk_create([event], ignore_conflicts=True)

"""What Celery calls. The rows say what is due; a task that comes twice or late finds nothing to do."""

from __future__ import annotations

import logging

from celery import Task, shared_task
from django.core.cache import cache
from django.utils import timezone

from trainer import delete, deliver, queue, uploads
from trainer.check import check as check_files
from trainer.engines import engine
from trainer.journal import LEASE_SECONDS
from trainer.models import Delivery, File, Job, Status
from trainer.run import train as train_job
from work.models import Pulse

log = logging.getLogger(__name__)

RUNG_AT_ONCE = 50
# A task that waited longer was rung for again meanwhile.
EXPIRES_SECONDS = 5
SWEPT, SWEEP_EVERY = "what-deleted-models-left", 3600
"""Seconds: all folders of models are looked through."""


def soon(task: Task[[int], None], job_id: int) -> None:
    """Ring for a job at once; when nobody hears it, the next ring will."""
    try:
        task.delay(job_id)
    except Exception:
        log.warning("the broker does not answer; job %s starts when it does", job_id, exc_info=True)


@shared_task
def ring() -> None:
    """Enqueue what is due: jobs to check, jobs to train, and those whose process died; tend queue, files and webhooks."""
    Job.objects.free_orphans()
    due = Job.objects.due().unfinished()
    for pk in due.filter(status=Status.VALIDATING).values_list("pk", flat=True)[:RUNG_AT_ONCE]:
        check.apply_async((pk,), expires=EXPIRES_SECONDS)
    for pk in due.exclude(status=Status.VALIDATING).values_list("pk", flat=True)[: free_slots()]:
        train.apply_async((pk,), expires=EXPIRES_SECONDS)
    queue.tell()
    for file in File.objects.expired()[:RUNG_AT_ONCE]:
        delete.file(file)
    if cache.add(SWEPT, True, SWEEP_EVERY):
        delete.sweep()
    uploads.sweep(RUNG_AT_ONCE)
    deliver.sweep(RUNG_AT_ONCE)
    Delivery.objects.free_orphans()
    for pk in Delivery.objects.next(delivery_slots()):
        post.apply_async((pk,), expires=EXPIRES_SECONDS)


def free_slots() -> int:
    """Return how many jobs could start now: a ring that no worker can hear would only pile up before its door."""
    busy = Job.objects.filter(status=Status.RUNNING, lease_until__gt=timezone.now()).count()
    return max(0, Pulse.objects.slots("training") - busy)


def delivery_slots() -> int:
    """Return how many webhooks may be on their way: half of the workers, so that slow receivers hold up nobody else."""
    return max(1, Pulse.objects.slots("dashboard") // 2)


@shared_task
def check(job_id: int) -> None:
    job = Job.objects.claim(job_id, LEASE_SECONDS)
    if job is None:
        return
    if job.status == Status.VALIDATING:
        check_files(job)
        soon(train, job_id)
    else:
        job.release(due_at=timezone.now())


@shared_task
def train(job_id: int) -> None:
    job = Job.objects.claim(job_id, LEASE_SECONDS)
    if job is None:
        return
    if job.status in (Status.QUEUED, Status.RUNNING):
        train_job(job, engine())
    else:
        job.release(due_at=timezone.now())


@shared_task(soft_time_limit=deliver.LONGEST_SECONDS)
def post(delivery_id: int) -> None:
    delivery = Delivery.objects.claim(delivery_id, LEASE_SECONDS)
    if delivery is not None:
        deliver.deliver(delivery)

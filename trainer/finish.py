"""How a job ends: succeeded, failed or cancelled.

The status, its last events and the messages to those who asked for them are one transaction.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from trainer import ids, webhooks, wording
from trainer.engines.interface import Network
from trainer.journal import Journal
from trainer.models import UNFINISHED, Event, File, Job, Model, Status
from trainer.progress import Progress

RESULTS_PURPOSE = "fine-tune-results"


class AlreadyFinished(Exception):
    """A job that has ended cannot be cancelled."""


def succeed(journal: Journal, network: Network, progress: Progress, header: str) -> None:
    """Keep the model and the results file and end the job; done again after a crash, the result is the same."""
    job, now = journal.job, timezone.now()
    folder_name = job.public_id
    model = Model(
        organization=job.organization, base_name=job.base_name, parent_name=job.starting_model, folder_name=folder_name
    )
    network.save(model.path, resumable=False)
    content = _encoded(header.encode() + (job.path / progress.rows_name).read_bytes(), job)
    with transaction.atomic():
        model.name = job.model_name or _free_legacy_name(job, now)
        model.save()
        result = _result_file(job, content)
        journal.add(*wording.succeeded(job, model.name, result.public_id))
        journal.write(
            **_ended(Status.SUCCEEDED, now),
            fine_tuned_model=model,
            result_file=result,
            trained_tokens=progress.elapsed_tokens,
        )
        webhooks.announce(job, Status.SUCCEEDED, now)
    tidy(job)


def fail(job: Job, message: str, *, code: str, param: str = "") -> None:
    """End a job that somebody holds; a job that was cancelled meanwhile stays cancelled."""
    changes, now = {"error_message": message, "error_code": code, "error_param": param}, timezone.now()
    with transaction.atomic():
        if not job.held().filter(status__in=UNFINISHED).update(**_ended(Status.FAILED, now), **changes):
            return
        Event.objects.bulk_create([wording.failed(job, message)], ignore_conflicts=True)
        webhooks.announce(job, Status.FAILED, now)
    tidy(job)


def cancel(job: Job) -> None:
    """End a job at its owner's wish; a process that works on it notices at its next step."""
    now = timezone.now()
    with transaction.atomic():
        unfinished = Job.objects.unfinished().filter(pk=job.pk)
        if not unfinished.update(**_ended(Status.CANCELLED, now)):
            raise AlreadyFinished
        Event.objects.bulk_create([wording.cancelled(job)], ignore_conflicts=True)
        webhooks.announce(job, Status.CANCELLED, now)
    tidy(job)


def tidy(job: Job) -> None:
    """Remove what only an unfinished job needs: its resumable state, and files that were deleted meanwhile."""
    shutil.rmtree(job.path, ignore_errors=True)
    for file in (job.training_file, job.validation_file):
        if file is not None and File.objects.filter(pk=file.pk, deleted_at__isnull=False).exists():
            forget(file)


def forget(file: File) -> None:
    """Remove the content of a deleted file, unless an unfinished job still reads it."""
    if not Job.objects.unfinished().reading(file).exists():
        file.path.unlink(missing_ok=True)


def _ended(status: Status, now: datetime) -> dict[str, Any]:
    nobody = {"due_at": None, "lease_token": None, "lease_until": None}
    return {"status": status, "finished_at": now, "updated_at": now, "estimated_finish": None, **nobody}


def _free_legacy_name(job: Job, at: datetime) -> str:
    """Return the name with the time of day in it; two models of one second must differ."""
    while Model.objects.filter(
        name=(name := ids.legacy_model(job.base_name, job.organization.slug, job.suffix, at))
    ).exists():
        at += timedelta(seconds=1)
    return name


def _encoded(content: bytes, job: Job) -> bytes:
    as_base64 = settings.TRAINER_RESULTS == "base64" and not job.legacy
    return base64.b64encode(content) if as_base64 else content


def _result_file(job: Job, content: bytes) -> File:
    file = File(
        organization=job.organization,
        public_id=ids.derived("file-", job.public_id, "results"),
        filename="compiled_results.csv" if job.legacy else "step_metrics.csv",
        purpose=RESULTS_PURPOSE,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_bytes(content)
    file.save()
    return file

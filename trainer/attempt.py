"""One attempt at a job: whatever goes wrong becomes its last event, or another attempt a little later."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from trainer import finish
from trainer.journal import Stopped
from trainer.material import Impossible
from trainer.models import Job, Model, Status
from work import trace

log = logging.getLogger(__name__)

MOST = 5
RETRY_SECONDS = 10


def attempt(job: Job, work: Callable[[], None]) -> None:
    """Do the work on a claimed job; raise nothing that it raises."""
    try:
        if job.attempts > MOST:
            raise Impossible(f"The process that worked on it died {MOST} times in a row.", code="server_error")
        work()
    except Impossible as error:
        finish.fail(job, error.message, code=error.code, param=error.param)
    except Stopped:
        _clean_up(job)
    except Exception as error:
        if not _clean_up(job):
            _stumble(job, error)


def _clean_up(job: Job) -> bool:
    """Remove what the work left behind if the job was cancelled, and say whether it was."""
    if not Job.objects.filter(pk=job.pk, status=Status.CANCELLED).exists():
        return False
    finish.tidy(job)
    shutil.rmtree(Model(folder_name=job.public_id).path, ignore_errors=True)
    return True


def _stumble(job: Job, error: Exception) -> None:
    log.exception("job %s stumbled (attempt %s)", job.public_id, job.attempts)
    if job.attempts < MOST:
        job.release(due_at=timezone.now() + timedelta(seconds=RETRY_SECONDS * job.attempts))
        return
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    number = f" Its log names it {trace.request_id()}." if trace.request_id() else ""
    finish.fail(job, f"The work stopped by an error of the trainer ({reason}).{number}", code="server_error")

"""Train a claimed job to its end.

One flat loop: epochs, shuffled batches, one optimiser step each, one line of results each. The state at the
end of each epoch is kept, so that a process that dies loses at most the epoch it was in; the same seed gives
the same batches, and events that were told already are not told again.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TextIO

from django.utils import timezone

from trainer import checkpoints, classify, finish, ids, material, progress, table, tokens, wording
from trainer.course import Course
from trainer.engines.interface import Engine, Network
from trainer.journal import Journal, Stopped
from trainer.material import Impossible
from trainer.measure import Means, Step, means
from trainer.models import Job, Model, Status
from trainer.progress import Progress
from trainer.render import Lesson

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
RETRY_SECONDS = 10
SCORED_AT_ONCE = 16


def train(job: Job, engine: Engine) -> None:
    """Train a claimed job and end it; whatever goes wrong is told by its last event."""
    try:
        if job.attempts > MOST_ATTEMPTS:
            raise Impossible(f"The training process died {MOST_ATTEMPTS} times in a row.", code="server_error")
        _train(job, engine)
    except Impossible as error:
        finish.fail(job, error.message, code=error.code, param=error.param)
    except Stopped:
        _clean_up(job)
    except Exception as error:
        _stumble(job, error)


def _train(job: Job, engine: Engine) -> None:
    journal = Journal(job)
    journal.add(wording.started(job))
    journal.write(status=Status.RUNNING, model_name=job.model_name or _name(job))
    course = Course(job, material.read(job, journal.beat))
    done, network = progress.load(job.path, engine) or (Progress(), _fresh(job, engine))
    journal.start(steps_left=course.total - done.step)
    with (job.path / progress.ROWS).open("a", encoding="utf-8") as rows:
        for _ in range(done.epoch, course.epochs):
            done = _epoch(course, network, done, journal, rows)
    finish.succeed(journal, network, done, table.header(course.columns))


def _epoch(course: Course, network: Network, done: Progress, journal: Journal, rows: TextIO) -> Progress:
    for batch in course.batches(done.epoch):
        step = _step(course, network, batch, done)
        if course.ends_epoch(step.number):
            step = _with_whole_validation(course, network, step, journal)
        done = replace(done, step=step.number, elapsed_tokens=step.elapsed_tokens, elapsed_examples=step.elapsed_examples)
        rows.write(table.line(course.columns, step))
        if not course.job.legacy:
            journal.add(wording.step(course.job, step))
        journal.step_done()
    rows.flush()
    done = replace(done, epoch=done.epoch + 1)
    journal.add(wording.epoch(course.job, done.epoch, course.epochs, done.step))
    if not course.job.legacy:
        checkpoints.keep(journal, network, step)
    journal.write(attempts=0)
    return progress.save(course.job.path, done, network)


def _step(course: Course, network: Network, batch: list[Lesson], done: Progress) -> Step:
    """Measure and train one batch; all numbers are those before the update."""
    number = done.step + 1
    validation = course.validation_batch(number)
    return Step(
        number=number,
        total=course.total,
        elapsed_tokens=done.elapsed_tokens + sum(lesson.tokens for lesson in batch),
        elapsed_examples=done.elapsed_examples + len(batch),
        validation=_scored(network, validation) if validation else None,
        training=means(
            batch,
            network.train(
                [example for lesson in batch for example in lesson.examples],
                learning_rate_multiplier=course.rate,
                prompt_loss_weight=course.prompt_loss_weight,
            ),
        ),
    )


def _with_whole_validation(course: Course, network: Network, step: Step, journal: Journal) -> Step:
    """Add what is measured on the whole validation set at the end of an epoch."""
    validation, classes = course.material.validation, course.material.classes
    if classes is not None:
        prompts = [lesson.examples[0].prompt for lesson in validation]
        return replace(step, classification=classify.measure(network, prompts, classes, journal.beat))
    if validation and not course.job.legacy:
        return replace(step, full_validation=_scored(network, validation, journal))
    return step


def _scored(network: Network, lessons: Sequence[Lesson], journal: Journal | None = None) -> Means:
    scores = []
    for start in range(0, len(lessons), SCORED_AT_ONCE):
        some = lessons[start : start + SCORED_AT_ONCE]
        scores += network.score([example for lesson in some for example in lesson.examples])
        if journal:
            journal.beat()
    return means(lessons, scores)


def _fresh(job: Job, engine: Engine) -> Network:
    if job.parent is None:
        return engine.new(job.base_name, tokens.vocabulary(job.base.encoding), job.seed)
    if Model.objects.kept().filter(pk=job.parent.pk).exists():
        return engine.load(job.parent.path)
    raise Impossible(f"The model {job.parent.name} was deleted.", code="model_not_found", param="model")


def _name(job: Job) -> str:
    """Return the name that checkpoints and model of a current job share; a legacy model is named when it is done."""
    return "" if job.legacy else ids.model(job.base_name, job.organization.slug, job.suffix)


def _clean_up(job: Job) -> None:
    """Remove what the run was writing when the job was cancelled."""
    if Job.objects.filter(pk=job.pk, status__in=(Status.CANCELLED, Status.FAILED)).exists():
        finish.tidy(job)
        shutil.rmtree(Model(folder_name=job.public_id).path, ignore_errors=True)


def _stumble(job: Job, error: Exception) -> None:
    """Try again a little later, or give up with the reason."""
    if Job.objects.filter(pk=job.pk, status=Status.CANCELLED).exists():
        return _clean_up(job)
    log.exception("job %s stumbled (attempt %s)", job.public_id, job.attempts)
    if job.attempts < MOST_ATTEMPTS:
        job.release(due_at=timezone.now() + timedelta(seconds=RETRY_SECONDS * job.attempts))
    else:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        finish.fail(job, f"Training stopped by an error of the trainer ({reason}).", code="server_error")
    return None

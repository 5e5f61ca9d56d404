"""Train a claimed job to its end.

One flat loop: epochs, shuffled batches, one optimiser step each, one line of results each. The state at the
end of each epoch is kept, so that a process that dies loses at most the epoch it was in; the same seed gives
the same batches, and events that were told already are not told again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TextIO

from trainer import checkpoints, classify, finish, ids, material, progress, table, tokens, wording
from trainer.attempt import attempt
from trainer.course import Course
from trainer.engines.interface import Engine, Network
from trainer.journal import Journal
from trainer.material import Impossible
from trainer.measure import Means, Step, means
from trainer.models import Job, Model, Status
from trainer.progress import Progress
from trainer.render import Lesson

SCORED_AT_ONCE = 16


def train(job: Job, engine: Engine) -> None:
    """Train a claimed job and end it; whatever goes wrong is told by its last event."""
    attempt(job, lambda: _train(job, engine))


def _train(job: Job, engine: Engine) -> None:
    journal = Journal(job)
    journal.add(wording.started(job))
    journal.write(status=Status.RUNNING, model_name=job.model_name or _name(job))
    course = Course(job, material.read(job, journal.beat))
    done, kept = progress.load(job.path, engine, str(job.lease_token))
    network = kept or _fresh(job, engine)
    journal.start(steps_left=course.total - done.step)
    with (job.path / done.rows_name).open("a", encoding="utf-8") as rows:
        for _ in range(done.epoch, course.epochs):
            done = _epoch(course, network, done, journal, rows)
    finish.succeed(journal, network, done, table.header(course.columns))


def _epoch(course: Course, network: Network, done: Progress, journal: Journal, rows: TextIO) -> Progress:
    for batch in course.batches(done.epoch):
        step = _step(course, network, batch, done, journal)
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


def _step(course: Course, network: Network, batch: list[Lesson], done: Progress, journal: Journal) -> Step:
    """Measure and train one batch; all numbers are those before the update."""
    number = done.step + 1
    validation = course.validation_batch(number)
    return Step(
        number=number,
        total=course.total,
        elapsed_tokens=done.elapsed_tokens + sum(lesson.tokens for lesson in batch),
        elapsed_examples=done.elapsed_examples + len(batch),
        validation=_scored(network, validation, journal) if validation else None,
        training=means(
            batch,
            network.train(
                [example for lesson in batch for example in lesson.examples],
                learning_rate_multiplier=course.rate,
                prompt_loss_weight=course.prompt_loss_weight,
                beat=journal.beat,
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


def _scored(network: Network, lessons: Sequence[Lesson], journal: Journal) -> Means:
    scores = []
    for start in range(0, len(lessons), SCORED_AT_ONCE):
        some = lessons[start : start + SCORED_AT_ONCE]
        scores += network.score([example for lesson in some for example in lesson.examples], journal.beat)
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

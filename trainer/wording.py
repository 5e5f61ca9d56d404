"""What the events of a job say, in the words that readers of either generation know.

Every event has a mark, which names its moment within the job: telling a moment again changes nothing.
"""

from __future__ import annotations

from typing import Any

from trainer.measure import Means, Step
from trainer.models import Event, Job


def created(job: Job) -> list[Event]:
    if job.legacy:
        return [_event(job, "created", f"Created fine-tune: {job.public_id}")]
    files = f"Validating training file: {job.training_file.public_id}"
    if job.validation_file:
        files += f" and validation file: {job.validation_file.public_id}"
    events = [_event(job, "created", f"Created fine-tuning job: {job.public_id}"), _event(job, "validating", files)]
    return [*events, _unsent(job)] if job.integrations else events


def _unsent(job: Job) -> Event:
    """Return the event that says what becomes of the integrations, so that nobody waits for charts elsewhere."""
    message = "This trainer sends nothing to Weights & Biases: metrics are in the events and in the results file"
    return _event(job, "integrations", message, level="warn")


def cut(job: Job, count: int) -> Event:
    are = "1 example is" if count == 1 else f"{count} examples are"
    message = f"{are} longer than {job.base.context} tokens: the start of the prompt is left out"
    return _event(job, "cut", message, level="warn")


def queued(job: Job, ahead: int) -> list[Event]:
    if not job.legacy:
        return [_event(job, "queued", "Files validated, moving job to queued state")]
    return [
        _event(job, "costs", "Fine-tune costs $0.00"),
        _event(job, f"queue:{ahead}", f"Fine-tune enqueued. Queue number: {ahead}"),
    ]


def waiting(job: Job, ahead: int) -> Event:
    """Return the event of a legacy job that moved on in the queue."""
    return _event(job, f"queue:{ahead}", f"Fine-tune is in the queue. Queue number: {ahead}")


def started(job: Job) -> Event:
    message = "Fine-tune started" if job.legacy else "Fine-tuning job started"
    return _event(job, "started", message, data=None)


def step(job: Job, done: Step) -> Event:
    """Return the metrics event of the current generation."""
    parts = [f"Step {done.number}/{done.total}: training loss={done.training.loss:.2f}"]
    if done.validation:
        parts.append(f"validation loss={done.validation.loss:.2f}")
    if done.full_validation:
        parts.append(f"full validation loss={done.full_validation.loss:.2f}")
    data = {"step": done.number, "total_steps": done.total, **metrics(done)}
    return _event(job, f"step:{done.number}", ", ".join(parts), type="metrics", data=data)


def metrics(done: Step) -> dict[str, float]:
    return {
        **_pair("train", done.training),
        **_pair("valid", done.validation),
        **_pair("full_valid", done.full_validation),
    }


def epoch(job: Job, number: int, of: int, at_step: int) -> Event:
    message = f"Completed epoch {number}/{of}" if job.legacy else f"Checkpoint created at step {at_step}"
    return _event(job, f"epoch:{number}", message)


def succeeded(job: Job, model: str, result_file: str) -> list[Event]:
    if job.legacy:
        return [
            _event(job, "model", f"Uploaded model: {model}"),
            _event(job, "result", f"Uploaded result file: {result_file}"),
            _event(job, "succeeded", "Fine-tune succeeded"),
        ]
    return [
        _event(job, "model", f"New fine-tuned model created: {model}"),
        _event(job, "succeeded", "The job has successfully completed"),
    ]


def cancelled(job: Job) -> Event:
    return _event(job, "cancelled", "Fine-tune cancelled" if job.legacy else "Fine-tuning job cancelled")


def paused(job: Job, moment: int) -> Event:
    """Return the event of a pause; `moment` tells one pause from the next."""
    return _event(job, f"paused:{moment}", "Fine-tuning job paused")


def resumed(job: Job, moment: int) -> Event:
    return _event(job, f"resumed:{moment}", "Fine-tuning job resumed")


def failed(job: Job, message: str) -> Event:
    said = f"Error: {message}" if job.legacy else f"The job failed: {message}"
    return _event(job, "failed", said, level="error")


def _pair(name: str, means: Means | None) -> dict[str, float]:
    return {f"{name}_loss": means.loss, f"{name}_mean_token_accuracy": means.token_accuracy} if means else {}


def _event(
    job: Job,
    mark: str,
    message: str,
    *,
    level: str = "info",
    type: str = "message",
    data: dict[str, Any] | None = {},  # noqa: B006
) -> Event:
    return Event(job=job, mark=mark, message=message, level=level, type=type, data=data)

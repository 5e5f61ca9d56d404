"""Take over what the provider says about a fine-tune: status, events, metrics, result files, model.

First everything is asked (nothing is written), then everything is written in one transaction that the
lease guards. Replaying any of it changes nothing: events are unique by key, series by step, files
and models by name. A terminal status is not the end: late events, the result file and the
model's name are waited for (`_tail`), and only then is the fine-tune settled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetunes import store
from finetunes.backoff import soon
from finetunes.holding import holding
from finetunes.models import Event, FineTune
from finetunes.progress import Progress, course, summarize
from finetunes.registry import keep_model
from finetunes.results import keep_results
from finetunes.statuses import ENDED, Status, of_remote
from finetunes.trouble import explain, note
from openai_api.client import Client
from openai_api.dialects import traits
from openai_api.errors import APIError, Conflict, NotFound
from openai_api.types import RemoteEvent, RemoteFineTune, RemoteModel

LATE_EVENTS = timedelta(seconds=10)
LATE_RESULTS = timedelta(minutes=10)
GONE_AFTER = 5


class LeaseLost(Exception):
    """Somebody else has taken over: nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that the provider said at one time."""

    remote: RemoteFineTune
    events: list[RemoteEvent]
    files: dict[str, bytes]
    model: RemoteModel | None
    points: list[Mapping[str, float]] = field(default_factory=list)  # of dialects without result files


def poll(fine_tune: FineTune, client: Client) -> None:
    """Ask for everything new and keep it; the row must be held, and is released."""
    try:
        with holding(fine_tune):
            report = ask(fine_tune, client)
            keep(fine_tune, report)
    except LeaseLost:
        return
    except NotFound as error:
        _unknown_there(fine_tune, error)
    except APIError as error:
        note(fine_tune, error)


def ask(fine_tune: FineTune, client: Client) -> Report:
    remote = client.fine_tune(fine_tune.remote_id)
    return Report(
        remote=remote,
        events=client.events(fine_tune.remote_id, known=store.recent_keys(fine_tune)),
        files=_new_files(fine_tune, remote, client),
        model=_model(fine_tune, remote, client),
        points=client.metrics(remote, after=_seen(fine_tune, remote)),
    )


@transaction.atomic
def keep(fine_tune: FineTune, report: Report) -> None:
    """Write the report and release the row."""
    events = store.append_events(fine_tune, report.events)
    has_file = keep_results(fine_tune, report.files)
    store.write_series(fine_tune, store.series_of_events(events), wins=not has_file)
    store.write_series(fine_tune, store.series_of_points(report.points), wins=True)
    model_is_ready = keep_model(fine_tune, report.remote, report.model)
    changes = _facts(fine_tune, report.remote) | _progress(fine_tune, report, events)
    changes |= _end(
        fine_tune, report.remote, is_complete=model_is_ready and (has_file or not traits(fine_tune.dialect).result_files)
    )
    if events:
        changes["last_event"] = events[-1].ordinal
    if events or report.files or _differs(fine_tune, changes):
        changes["revision"] = fine_tune.revision + 1
    if not fine_tune.release(**changes):
        raise LeaseLost


def _seen(fine_tune: FineTune, remote: RemoteFineTune) -> int:
    """Return the last step whose numbers are here; at the end all are asked for again, for some come late."""
    return (
        0 if of_remote(remote.status) in ENDED else max((one["last_step"] for one in fine_tune.summary.values()), default=0)
    )


def _new_files(fine_tune: FineTune, remote: RemoteFineTune, client: Client) -> dict[str, bytes]:
    """Fetch the result files that are not here yet; one that cannot be had so far is asked for again."""
    there = set(fine_tune.files.values_list("remote_id", flat=True))
    found: dict[str, bytes] = {}
    for file_id in remote.result_files:
        if file_id not in there:
            try:
                content = client.file_content(file_id)
            except (NotFound, Conflict):
                continue
            if content.strip():
                found[file_id] = content
    return found


def _model(fine_tune: FineTune, remote: RemoteFineTune, client: Client) -> RemoteModel | None:
    """Return the model once it answers to its name; being listed late is no error."""
    if remote.status != "succeeded" or not remote.fine_tuned_model:
        return None
    if fine_tune.tuned_models.filter(name=remote.fine_tuned_model, ready_at__isnull=False).exists():
        return None
    try:
        return client.model(remote.fine_tuned_model)
    except APIError:
        return None


def _facts(fine_tune: FineTune, remote: RemoteFineTune) -> dict[str, Any]:
    status = _status(fine_tune, remote)
    return {
        "status": status,
        "provider_status": remote.provider_status[:60],
        "fine_tuned_model": remote.fine_tuned_model or fine_tune.fine_tuned_model,
        "resolved": dict(remote.hyperparameters) or fine_tune.resolved,
        "result_files": list(remote.result_files) or fine_tune.result_files,
        "trained_tokens": remote.trained_tokens or fine_tune.trained_tokens,
        "estimated_finish": remote.estimated_finish,
        "remote_created_at": remote.created_at or fine_tune.remote_created_at,
        "raw": dict(remote.raw),
        "answered_at": timezone.now(),
        "failures": 0,
        "trouble": "",
        "error": _error(fine_tune, remote) if status == Status.FAILED else "",
        "error_raw": {},
    }


def _status(fine_tune: FineTune, remote: RemoteFineTune) -> Status:
    status = of_remote(remote.status)
    if status == Status.QUEUED and remote.provider_status == "validating_files":
        return Status.CHECKING_FILES
    if status not in ENDED and fine_tune.cancel_requested_at is not None:
        return Status.CANCELLING
    return status


def _error(fine_tune: FineTune, remote: RemoteFineTune) -> str:
    """Return the provider's own words: the job's error, else its last event of that level."""
    if remote.error:
        return remote.error
    line = fine_tune.events.filter(level="error").order_by("ordinal").last()
    return line.message if line else _("The provider gave no reason.")


def _progress(fine_tune: FineTune, report: Report, events: list[Event]) -> dict[str, Any]:
    """Return how far it is: what the events and the job itself say, and what the new numbers come to."""
    remote = report.remote
    progress = Progress(fine_tune.step, fine_tune.total_steps, fine_tune.epoch, fine_tune.epochs).read(events)
    progress.told(remote.steps_done, remote.total_steps, remote.epochs_done)
    changes: dict[str, Any] = {
        "step": progress.step,
        "total_steps": progress.total_steps,
        "epoch": progress.epoch,
        "epochs": progress.epochs,
    }
    names = {*store.series_of_events(events), *store.series_of_points(report.points)}
    if names or report.files:
        series = store.read_series(fine_tune, None if report.files else names)
        changes["summary"] = fine_tune.summary | summarize(series)
        changes["spark"] = course(series) or fine_tune.spark
    return changes


def _end(fine_tune: FineTune, remote: RemoteFineTune, *, is_complete: bool) -> dict[str, Any]:
    """Say when the row is due next, and what begins or ends with the status."""
    now = timezone.now()
    changes: dict[str, Any] = {}
    if remote.status not in ("queued", "unknown") and fine_tune.started_at is None:
        changes["started_at"] = _started(fine_tune) or (now if remote.status == "running" else None)
    if of_remote(remote.status) not in ENDED:
        return changes | {"due_at": soon(_pause(fine_tune, remote)), "ended_at": None, "finished_at": None}
    ended = fine_tune.ended_at or now
    changes |= {"ended_at": ended, "finished_at": fine_tune.finished_at or _finished(fine_tune, remote)}
    if _tail(ended, now, waits=remote.status == "succeeded" and not is_complete):
        return changes | {"due_at": soon(max(1.0, (now - ended).total_seconds() / 4))}
    return changes | {"due_at": None, "settled_at": now}


def _tail(ended: datetime, now: datetime, *, waits: bool) -> bool:
    """Say whether something may still come: events for a moment, a result file or a model's name for longer."""
    age = now - ended
    return age < LATE_EVENTS or (waits and age < LATE_RESULTS)


def _started(fine_tune: FineTune) -> datetime | None:
    """Return when training started, by the provider's clock."""
    lines = fine_tune.events.filter(message__iregex=r"(fine-tune|job) started", created_at__isnull=False)
    line = lines.order_by("ordinal").first()
    return line.created_at if line else None


def _finished(fine_tune: FineTune, remote: RemoteFineTune) -> datetime:
    last = fine_tune.events.filter(created_at__isnull=False).order_by("ordinal").last()
    return remote.finished_at or (last.created_at if last and last.created_at else timezone.now())


def _pause(fine_tune: FineTune, remote: RemoteFineTune) -> float:
    """Return the seconds until the next question: short while something moves, longer in a queue."""
    if remote.status in ("running", "cancelling"):
        return 1.5
    age = (timezone.now() - fine_tune.created_at).total_seconds()
    return min(15.0, max(1.5, age / 20)) if remote.status == "queued" else 15.0


def _differs(fine_tune: FineTune, changes: dict[str, Any]) -> bool:
    silent = {"answered_at", "due_at", "raw"}
    return any(getattr(fine_tune, name) != value for name, value in changes.items() if name not in silent)


def _unknown_there(fine_tune: FineTune, error: NotFound) -> None:
    """The provider does not know the id: it may be a hiccup at first; later on it was deleted there."""
    if fine_tune.failures + 1 < GONE_AFTER:
        note(fine_tune, error)
        return
    fine_tune.release(
        due_at=None if fine_tune.has_ended else soon(300),
        status=fine_tune.status if fine_tune.has_ended else Status.UNKNOWN,
        settled_at=timezone.now() if fine_tune.has_ended else None,
        failures=fine_tune.failures + 1,
        trouble=error.message,
        error_raw=explain(error),
        revision=fine_tune.revision + 1,
    )

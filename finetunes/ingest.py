"""Take over what the provider says about fine-tunes: status, events, metrics, result files, model.

First everything is asked (nothing is read or written here), then everything is written in one transaction
that the leases guard. Replaying any of it changes nothing: events are unique by key, series by step, files
and models by name. A terminal status is not the end: late events, the result file and the
model's name are waited for (`_tail`), and only then is the fine-tune settled.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetunes import store, upcoming
from finetunes.backoff import soon
from finetunes.holding import holding
from finetunes.judging import judged
from finetunes.metrics import Series
from finetunes.models import Event, FineTune
from finetunes.progress import Progress, course, summarize
from finetunes.registry import keep_model
from finetunes.results import keep_results
from finetunes.spans import Outline
from finetunes.statuses import ENDED, Status, of_remote
from finetunes.store import Known
from finetunes.trouble import explain, note
from openai_api.client import Client
from openai_api.dialects import traits
from openai_api.errors import APIError, NotFound
from openai_api.types import RemoteCheckpoint, RemoteEvent, RemoteFineTune, RemoteModel
from work.trouble import is_away

log = logging.getLogger(__name__)
POISONED = 60.0
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
    points: list[Mapping[str, float]] = field(default_factory=list)
    """Numbers of steps, from dialects without result files."""
    has_file: bool = False
    """Whether there was a result file here before."""
    checkpoints: list[RemoteCheckpoint] = field(default_factory=list)
    """Of one that succeeded: the models that were kept on the way."""


def poll(fine_tune: FineTune, client: Client) -> None:
    """Ask for everything new and keep it; the row must be held, and is released."""
    known = store.known([fine_tune])[fine_tune.pk]
    try:
        with holding(fine_tune):
            report = ask(fine_tune, known, client)
    except APIError as error:
        refused(fine_tune, error)
    else:
        keep_all({fine_tune: report})


def ask(fine_tune: FineTune, known: Known, client: Client) -> Report:
    """Ask the provider about one fine-tune. Touches no database, so it may run in any thread."""
    remote = client.fine_tune(fine_tune.remote_id)
    return Report(
        remote=remote,
        events=client.events(fine_tune.remote_id, known=known.keys),
        files=_new_files(remote, known, client),
        model=_model(remote, known, client),
        points=client.metrics(remote, after=_seen(fine_tune, remote)),
        has_file=bool(known.files),
        checkpoints=_checkpoints(fine_tune, remote, client),
    )


def refused(fine_tune: FineTune, error: APIError) -> None:
    """Release a held row whose provider gave no answer that could be kept."""
    if isinstance(error, NotFound):
        _unknown_there(fine_tune, error)
    else:
        note(fine_tune, error)


def keep_all(reports: Mapping[FineTune, Report]) -> None:
    """Write reports and release their rows: all at once, or, if one of them cannot be kept, each by itself.

    One that makes us stumble is put off alone; one whose lease was lost is left to its new holder.
    """
    leases = {fine_tune: fine_tune.lease_token for fine_tune in reports}
    try:
        keep(reports)
    except Exception as error:
        for fine_tune, lease in leases.items():
            fine_tune.refresh_from_db()  # what was written to it has been taken back
            if fine_tune.lease_token != lease:
                continue
            if len(reports) > 1:
                keep_all({fine_tune: reports[fine_tune]})
            elif not isinstance(error, LeaseLost):
                poisoned(fine_tune, error)


def poisoned(fine_tune: FineTune, error: Exception) -> None:
    """Put off a held row that no program was prepared for, longer each time; the others go on."""
    if is_away(error):
        raise error  # it is not the fine-tune's fault, and there is nowhere to write anything
    log.error("Fine-tune %s cannot be followed for now.", fine_tune.pk, exc_info=error)
    failures = fine_tune.failures + 1
    fine_tune.release(due_at=soon(min(3600.0, POISONED * 2.0 ** min(failures - 1, 6))), failures=failures)


@transaction.atomic
def keep(reports: Mapping[FineTune, Report]) -> None:
    """Write the reports and release the rows. Raises LeaseLost, and then has written nothing."""
    events = store.append_events({one: report.events for one, report in reports.items()})
    for fine_tune, report in reports.items():
        if report.files:
            keep_results(fine_tune, report.files)
    said = {one: _numbers(events[one.pk], report) for one, report in reports.items()}
    with_file = {one.pk for one, report in reports.items() if report.has_file or report.files}
    series = store.write_series(said, losing=with_file)
    for fine_tune, report in reports.items():
        if report.files:
            series[fine_tune.pk] = store.read_outlines(fine_tune)
        _keep_one(fine_tune, report, events[fine_tune.pk], series[fine_tune.pk])
    # A wish to cancel that came while the provider was asked does not wait until it is asked again.
    FineTune.objects.filter(pk__in=[one.pk for one in reports]).wished().update(due_at=timezone.now())


def _keep_one(fine_tune: FineTune, report: Report, events: list[Event], series: Mapping[str, Outline]) -> None:
    model_is_ready = keep_model(fine_tune, report.remote, report.model)
    is_complete = model_is_ready and (report.has_file or bool(report.files) or not traits(fine_tune.dialect).result_files)
    changes = _facts(fine_tune, report.remote) | _progress(fine_tune, report.remote, events, series)
    changes |= upcoming.end(fine_tune, report.remote, events, is_complete=is_complete)
    changes |= judged(fine_tune, changes, is_news=bool(events or series or report.files))
    if found := [{"step": one.step, "model": one.model} for one in report.checkpoints if one.step and one.model]:
        changes["checkpoints"] = found
    if events:
        changes["last_event"] = events[-1].ordinal
    if events or report.files or _differs(fine_tune, changes):
        changes["revision"] = fine_tune.revision + 1
    if not fine_tune.release(**changes):
        raise LeaseLost


def _numbers(events: list[Event], report: Report) -> dict[str, Series]:
    return store.series_of_points([*(event.metrics for event in events), *report.points])


def _seen(fine_tune: FineTune, remote: RemoteFineTune) -> int:
    """Return the last step whose numbers are here; at the end all are asked for again, for some come late."""
    if of_remote(remote.status) in ENDED:
        return 0
    return max((one["last_step"] for one in fine_tune.summary.values()), default=0)


def _new_files(remote: RemoteFineTune, known: Known, client: Client) -> dict[str, bytes]:
    """Fetch the result files that are not here yet; one that cannot be had so far is asked for again."""
    found: dict[str, bytes] = {}
    for file_id in remote.result_files:
        if file_id not in known.files:
            try:
                content = client.file_content(file_id)
            except APIError:
                continue
            if content.strip():
                found[file_id] = content
    return found


def _model(remote: RemoteFineTune, known: Known, client: Client) -> RemoteModel | None:
    """Return the model once it answers to its name; being listed late is no error."""
    if remote.status != "succeeded" or not remote.fine_tuned_model or remote.fine_tuned_model in known.models:
        return None
    try:
        return client.model(remote.fine_tuned_model)
    except APIError:
        return None


def _checkpoints(fine_tune: FineTune, remote: RemoteFineTune, client: Client) -> list[RemoteCheckpoint]:
    if remote.status != "succeeded" or fine_tune.checkpoints:
        return []
    try:
        return client.checkpoints(fine_tune.remote_id)
    except APIError:
        return []  # it is asked for again, and nothing waits for it


def _facts(fine_tune: FineTune, remote: RemoteFineTune) -> dict[str, Any]:
    status = _status(fine_tune, remote)
    return {
        "status": status,
        "provider_status": remote.provider_status[:60],
        "fine_tuned_model": remote.fine_tuned_model or fine_tune.fine_tuned_model,
        "resolved": dict(remote.hyperparameters) or fine_tune.resolved,
        "result_files": list(remote.result_files) or fine_tune.result_files,
        "trained_tokens": remote.trained_tokens or fine_tune.trained_tokens,
        "cost": fine_tune.cost if remote.cost is None else round(remote.cost, 6),
        "estimated_finish": remote.estimated_finish,
        "remote_created_at": remote.created_at or fine_tune.remote_created_at,
        "raw": dict(remote.raw),
        "answered_at": timezone.now(),
        "gone_at": None,
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


def _progress(
    fine_tune: FineTune, remote: RemoteFineTune, events: list[Event], series: Mapping[str, Outline]
) -> dict[str, Any]:
    """Return how far it is: what the events and the job itself say, and what the new numbers come to."""
    progress = Progress(fine_tune.step, fine_tune.total_steps, fine_tune.epoch, fine_tune.epochs).read(events)
    progress.told(remote.steps_done, remote.total_steps, remote.epochs_done)
    changes: dict[str, Any] = {
        "step": progress.step,
        "total_steps": progress.total_steps,
        "epoch": progress.epoch,
        "epochs": progress.epochs,
    }
    if series:
        changes["summary"] = fine_tune.summary | summarize({name: one.extremes for name, one in series.items()})
        changes["spark"] = course(series) or fine_tune.spark
    return changes


def _differs(fine_tune: FineTune, changes: dict[str, Any]) -> bool:
    silent = {"answered_at", "due_at", "raw"}
    return any(getattr(fine_tune, name) != value for name, value in changes.items() if name not in silent)


def _unknown_there(fine_tune: FineTune, error: NotFound) -> None:
    """The provider does not know the id: it may be a hiccup at first; later on it was deleted there."""
    if fine_tune.failures + 1 < GONE_AFTER:
        note(fine_tune, error)
        return
    failures = fine_tune.failures + 1
    fine_tune.release(
        due_at=None if fine_tune.has_ended else soon(min(3600.0, 60.0 * failures)),
        status=fine_tune.status if fine_tune.has_ended else Status.UNKNOWN,
        settled_at=timezone.now() if fine_tune.has_ended else None,
        gone_at=fine_tune.gone_at or timezone.now(),
        failures=failures,
        trouble=error.message,
        error_raw=explain(error),
        revision=fine_tune.revision + 1,
    )

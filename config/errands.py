"""What is known of each Celery task: the id under which its lines stand in the log, how it ended, how long it took.

A task that a person's request rang for goes on under the request's id. What beat rings for has nobody behind it: each
task that its rings find due is known by an id of its own.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from typing import Any

from celery import Task, signals

from config import metrics, reporting, spans
from config.metrics import tally
from work import ending, trace

HEADER = "tunedeck_request_id"
log = logging.getLogger("tunedeck.task")
_began: dict[str, float] = {}
_spans: dict[str, tuple[ExitStack, Any]] = {}


def install() -> None:
    signals.before_task_publish.connect(_send, weak=False)
    signals.task_prerun.connect(_begin, weak=False)
    signals.task_postrun.connect(_finish, weak=False)
    # Errors before the fork, for that is when tasks are wrapped; traces after it, which their sender does not outlive.
    signals.worker_init.connect(_report_errors, weak=False)
    signals.worker_process_init.connect(_report_traces, weak=False)
    signals.beat_init.connect(_report_beat, weak=False)
    signals.worker_init.connect(tally.in_a_worker, weak=False)
    signals.worker_shutting_down.connect(ending.ask, weak=False)
    signals.worker_process_shutdown.connect(_keep, weak=False)
    # Django has set the logs up already; whoever answers this signal keeps Celery from doing so again.
    signals.setup_logging.connect(_leave_logs, weak=False)


def _send(headers: dict[str, Any], **_: Any) -> None:
    about = trace.about()
    if about.get("request_id") and not about.get("clock"):
        headers[HEADER] = about["request_id"]
    headers.update(spans.sent())


def _begin(task_id: str, task: Task[Any, Any], **_: Any) -> None:
    asked = getattr(task.request, HEADER, None)
    about: dict[str, Any] = {"request_id": trace.well_formed(asked) or task_id, "task": task.name}
    if not asked:
        about["clock"] = True
    if task.request.args and type(task.request.args[0]) is int:
        about["row"] = task.request.args[0]
    trace.begin(about)
    span = ExitStack()
    if not task.name.endswith(".ring"):
        carrier = {"traceparent": getattr(task.request, "traceparent", None) or ""}
        _spans[task_id] = span, span.enter_context(spans.span("CONSUMER", carrier))
    _began[task_id] = time.perf_counter()


def _finish(task_id: str, task: Task[Any, Any], state: str | None = None, **_: Any) -> None:
    seconds = time.perf_counter() - _began.pop(task_id, time.perf_counter())
    outcome = (state or "unknown").lower()
    if task_id in _spans:
        stack, span = _spans.pop(task_id)
        spans.close(span, task.name, outcome == "failure", outcome=outcome)
        stack.close()
    metrics.TASKS.labels(task.name, outcome).observe(seconds)
    # What the clock rings for goes by every second; only what a person waits for is worth a line.
    level = logging.DEBUG if trace.about().get("clock") else logging.INFO
    log.log(level, "%s: %s", task.name, outcome, extra={"about": {"ms": round(seconds * 1000, 1)}})
    tally.keep_now_and_then()


def _report_errors(**_: Any) -> None:
    reporting.report_errors("worker")


def _report_traces(**_: Any) -> None:
    reporting.report_traces("worker")


def _report_beat(**_: Any) -> None:
    reporting.start("beat")


def _keep(**_: Any) -> None:
    tally.keep()


def _leave_logs(**_: Any) -> None:
    pass

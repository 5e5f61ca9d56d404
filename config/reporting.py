"""Errors to Sentry, traces to OpenTelemetry: only if their standard settings name a place, and if they are installed.

What leaves this server is put together of what may leave it: kinds of errors, places in the code, names of routes and
tasks, ids. No messages, which may quote people's texts, no variables, bodies, headers or addresses.
"""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec
from typing import Any

from config import env, spans
from work import trace

log = logging.getLogger(__name__)
KEPT = ("event_id", "timestamp", "level", "platform", "release", "environment", "server_name", "sdk", "logger", "type")
FRAME = ("filename", "function", "module", "lineno", "context_line", "pre_context", "post_context", "in_app")
LEFT_OUT = "[left out; the server's log has it]"


def start(process: str) -> None:
    """Begin to report from this process, which is `web`, `trainer`, `worker` or `beat`."""
    report_errors(process)
    report_traces(process)


def report_errors(process: str) -> None:
    if wants_sentry() and has("sentry_sdk"):
        _start_sentry(process)


def report_traces(process: str) -> None:
    if wants_traces() and has_traces():
        spans.start(process)


def wants_sentry() -> bool:
    return bool(env.text("SENTRY_DSN"))


def wants_traces() -> bool:
    return bool(env.text("OTEL_EXPORTER_OTLP_ENDPOINT")) and os.environ.get("OTEL_SDK_DISABLED", "").lower() != "true"


def has(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def has_traces() -> bool:
    return has("opentelemetry.sdk") and has("opentelemetry.exporter.otlp.proto.http")


def scrubbed(event: Any, hint: dict[str, Any]) -> Any:
    """Return of an event what may leave this server."""
    about = trace.about()
    kept = {name: event[name] for name in KEPT if name in event}
    if message := (event.get("logentry") or {}).get("message"):
        kept["logentry"] = {"message": message}  # as the code has it, without what was filled in
    errors = (event.get("exception") or {}).get("values") or []
    kept["exception"] = {"values": [_error(error) for error in errors]}
    kept["tags"] = {name: str(about[name]) for name in ("request_id", "organization", "task") if name in about}
    kept["tags"]["process"] = (event.get("tags") or {}).get("process", "")
    if "person" in about:
        kept["user"] = {"id": str(about["person"])}
    return kept


def _error(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames") or []
    known = {name: error[name] for name in ("type", "module", "mechanism") if name in error}
    if "mechanism" in known:
        known["mechanism"] = {name: known["mechanism"].get(name) for name in ("type", "handled")}
    return known | {"value": LEFT_OUT, "stacktrace": {"frames": [_frame(frame) for frame in frames]}}


def _frame(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: frame[name] for name in FRAME if name in frame}


def _nothing(event: Any, hint: dict[str, Any]) -> None:
    """Traces go to OpenTelemetry."""


def _start_sentry(process: str) -> None:
    import sentry_sdk

    sentry_sdk.init(
        dsn=env.text("SENTRY_DSN"),
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        before_send=scrubbed,
        before_send_transaction=_nothing,
    )
    sentry_sdk.set_tag("process", process)
    log.info("errors of this process go to Sentry")

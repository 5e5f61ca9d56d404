"""Traces: a span for each request, each task that is no mere ring, and each request to a provider.

They carry names of routes and tasks, ids and outcomes; nothing else. Where no traces are wanted this costs nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from openai_api.watching import Call
from work import trace

_tracer: Any = None


def start(process: str) -> None:
    """Send spans where OpenTelemetry's own variables say."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": f"tunedeck-{process}"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    global _tracer
    _tracer = provider.get_tracer("tunedeck")


@contextmanager
def span(kind: str, carrier: Mapping[str, str]) -> Iterator[Any]:
    """Open the span of a request (`SERVER`) or of a task (`CONSUMER`), as part of what its sender is doing."""
    if _tracer is None:
        yield None
        return
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind

    parent = extract({"traceparent": carrier.get("traceparent") or ""})
    with _tracer.start_as_current_span(
        "unnamed", context=parent, kind=SpanKind[kind], record_exception=False, set_status_on_exception=False
    ) as opened:
        yield opened


def close(opened: Any, name: str, failed: bool, **about: Any) -> None:
    """Say what it was, once that is known."""
    if opened is None:
        return
    from opentelemetry.trace import StatusCode

    opened.update_name(name)
    opened.set_attributes({f"tunedeck.{key}": value for key, value in {**trace.about(), **about}.items()})
    if failed:
        opened.set_status(StatusCode.ERROR)


def sent() -> dict[str, str]:
    """Return what tells the receiver of a message of which trace it is part."""
    carrier: dict[str, str] = {}
    if _tracer is not None:
        from opentelemetry.propagate import inject

        inject(carrier)
    return {name: value for name, value in carrier.items() if name == "traceparent"}


def called(call: Call) -> None:
    """Note a request to a provider, which has ended just now."""
    if _tracer is None:
        return
    from opentelemetry.trace import SpanKind

    end = time.time_ns()
    made = _tracer.start_span(call.verb, kind=SpanKind.CLIENT, start_time=end - int(call.seconds * 1e9))
    close(made, call.verb, bool(call.failure) or call.status >= 400, connection=call.account, outcome=call.outcome)
    made.end(end)

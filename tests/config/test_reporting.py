"""What goes to Sentry and to OpenTelemetry: enough to find the place, and nothing that a person wrote or a key opens."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from config import reporting
from tests.config.reporter import KEY, TEXT
from tests.product import ROOT

Received = list[tuple[str, bytes]]


@pytest.fixture(scope="module")
def received() -> Iterator[Received]:
    """Run the process once beside a server that takes both, and return what it took."""
    taken: Received = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            taken.append((self.path, gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    port = server.server_address[1]
    places = {"SENTRY_DSN": f"http://public@127.0.0.1:{port}/1", "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "CELERY_BROKER_URL"}}
    command = [sys.executable, "-m", "tests.config.reporter"]
    done = subprocess.run(
        command, cwd=ROOT, env=inherited | places, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    yield taken
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def events(received: Received) -> list[dict[str, Any]]:
    bodies = [body for path, body in received if path.startswith("/api/1/")]
    lines = [json.loads(line) for body in bodies for line in body.splitlines() if line.startswith(b"{")]
    return [line for line in lines if "exception" in line]


@pytest.fixture(scope="module")
def spans(received: Received) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, body in received:
        if path == "/v1/traces":
            asked = ExportTraceServiceRequest.FromString(body)
            found |= {one.name: one for group in asked.resource_spans for scope in group.scope_spans for one in scope.spans}
    return found


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def without_code(value: Any) -> Any:
    """What stands in the code stands in the code: the tests' own lines name the secrets."""
    if isinstance(value, dict):
        return {name: without_code(one) for name, one in value.items() if not name.endswith(("context_line", "_context"))}
    return [without_code(one) for one in value] if isinstance(value, list) else value


def test_nothing_that_leaves_holds_a_text_a_key_or_an_address(received: Received) -> None:
    assert {path.split("?")[0] for path, _ in received} == {"/api/1/envelope/", "/v1/traces"}
    for path, body in received:
        lines = [json.loads(line) for line in body.splitlines()] if path.startswith("/api/") else []
        left = json.dumps(without_code(lines)).encode() if lines else body
        assert [secret for secret in (TEXT, KEY, "file-of-a-person", "/join/") if secret.encode() in left] == []


def test_of_an_error_only_kind_and_place_are_told(events: list[dict[str, Any]]) -> None:
    assert events
    for event in events:
        for error in event["exception"]["values"]:
            assert error["value"] == reporting.LEFT_OUT
            assert all(set(frame) <= set(reporting.FRAME) for frame in error["stacktrace"]["frames"])


def test_an_error_of_a_request_says_where_it_was_and_under_which_id_the_log_has_it(events: list[dict[str, Any]]) -> None:
    event = next(one for one in events if one["exception"]["values"][-1]["type"] == "RuntimeError")
    assert event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "broken"
    assert event["tags"] == {"request_id": "req_0123456789", "organization": "2", "process": "web"}
    assert event["user"] == {"id": "3"}
    assert event.keys().isdisjoint({"request", "extra", "breadcrumbs"})


def test_an_error_of_a_task_says_which_task(events: list[dict[str, Any]]) -> None:
    event = next(one for one in events if one["exception"]["values"][-1]["type"] == "ValueError")
    assert event["tags"]["task"] == "tests.broken"


def test_a_request_a_task_and_a_call_are_spans_named_by_what_they_are(spans: dict[str, Any]) -> None:
    assert {"POST join", "GET calling", "GET files/*", "tests.broken"} <= spans.keys()
    said = attributes(spans["POST join"])
    assert (said["tunedeck.route"], said["tunedeck.status"], said["tunedeck.request_id"]) == ("join", 500, "req_0123456789")
    assert attributes(spans["GET files/*"])["tunedeck.outcome"] == "401"


def test_a_call_is_part_of_the_request_and_the_request_of_the_callers_trace(spans: dict[str, Any]) -> None:
    call, request = spans["GET files/*"], spans["GET calling"]
    assert call.parent_span_id == request.span_id
    assert request.trace_id.hex() == "ab" * 16
    assert request.parent_span_id.hex() == "cd" * 8


def test_without_a_place_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(reporting, "_start_sentry", lambda process: pytest.fail("it was started"))
    monkeypatch.setattr("config.spans.start", lambda process: pytest.fail("it was started"))
    reporting.start("web")


def test_what_is_not_installed_is_not_started_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "http://public@127.0.0.1/1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1")
    monkeypatch.setattr(reporting, "has", lambda package: False)
    monkeypatch.setattr(reporting, "_start_sentry", lambda process: pytest.fail("it was started"))
    monkeypatch.setattr("config.spans.start", lambda process: pytest.fail("it was started"))
    reporting.start("web")


def test_traces_can_be_switched_off_by_their_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1")
    assert reporting.wants_traces()
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert not reporting.wants_traces()


@pytest.mark.parametrize("event", [{}, {"logentry": None, "exception": None}, {"exception": {"values": [{"type": "A"}]}}])
def test_whatever_an_event_lacks_it_can_be_scrubbed(event: dict[str, Any]) -> None:
    assert reporting.scrubbed(event, {})["tags"]

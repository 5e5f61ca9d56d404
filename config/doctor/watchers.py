"""Where errors and traces go: what the settings ask for must be installed."""

from __future__ import annotations

from collections.abc import Iterator

from config import reporting
from config.doctor.findings import Finding, bad, good


def look() -> Iterator[Finding]:
    for name, wanted, there, extra in (
        ("Errors go to Sentry", reporting.wants_sentry(), reporting.has("sentry_sdk"), "sentry"),
        ("Traces go where OTEL_EXPORTER_OTLP_ENDPOINT says", reporting.wants_traces(), reporting.has_traces(), "otel"),
    ):
        if wanted and not there:
            yield bad(f"{name}, say the settings, but its client is not installed.", f"Install Tunedeck with [{extra}].")
        elif wanted:
            yield good(f"{name}.")

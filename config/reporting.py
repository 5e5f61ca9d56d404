"""Errors to Sentry, traces to OpenTelemetry: only if their standard settings name a place, and if they are installed.

What leaves this server is scrubbed: no texts of people, no bodies, no keys, no addresses that open something.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from config import env


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

"""Every request to a provider is counted, timed and noted, with our id and the provider's own."""

from __future__ import annotations

import logging

from config import metrics, spans
from openai_api import watching
from openai_api.watching import Call
from work import trace

log = logging.getLogger("tunedeck.call")


def watch() -> None:
    watching.request_id = trace.request_id
    if heard not in watching.listeners:
        watching.listeners.append(heard)


def heard(call: Call) -> None:
    metrics.CALLS.labels(call.account, call.verb, call.outcome).observe(call.seconds)
    spans.called(call)
    level = _level(call)
    if log.isEnabledFor(level):
        about = {"connection": call.account, "outcome": call.outcome, "ms": round(call.seconds * 1000, 1)}
        theirs = {"provider_request_id": name} if (name := trace.well_formed(call.provider_id)) else {}
        log.log(level, "%s: %s", call.verb, call.outcome, extra={"about": about | theirs})


def _level(call: Call) -> int:
    """What only looks and works is not worth a line: fine-tunes are looked at every few seconds."""
    if call.failure or call.status >= 400:
        return logging.WARNING
    return logging.DEBUG if call.verb.startswith("GET ") else logging.INFO

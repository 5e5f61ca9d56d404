"""/metrics: for Prometheus, which shows the token. Without one in the settings there is no such page."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily

from config.metrics import REGISTRY as registry
from config.metrics import gauges, tally

TEXT = "text/plain; version=0.0.4; charset=utf-8"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse("A token is needed.\n", status=401, content_type=TEXT, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(text(), content_type=TEXT)


def text() -> bytes:
    """Return all families; without the database, only what this process has counted."""
    try:
        found = [*tally.families(here=settings.METRICS_PROCESS), *gauges.families()]
        answers = 1
    except DatabaseError:
        found, answers = list(registry.collect()), 0
    up = GaugeMetricFamily("tunedeck_database_up", "Whether the database answers.", value=answers)
    return b"".join(map(generate_latest, map(_Of, [up, *found])))


class _Of:
    """A family as something that Prometheus's client can write."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> list[Metric]:
        return [self._family]

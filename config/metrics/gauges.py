"""How things stand now, read from the database when somebody asks: what is due, who works, how far it has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from work.lease import Leased
from work.models import FRESH_SECONDS, Pulse

STATUSES = {"finetunes.FineTune": "tunedeck_fine_tunes", "trainer.Job": "tunedeck_trainer_jobs"}


def families() -> Iterator[Metric]:
    yield from _statuses()
    yield from _due()
    yield from _pulses()
    yield from _database()
    if apps.is_installed("finetunes"):
        yield from _watched()


def leased() -> Iterator[tuple[str, Any]]:
    """Return every kind of work that is a row: its name, and all of its rows."""
    for model in apps.get_models():
        if issubclass(model, Leased):
            yield model._meta.label_lower, model._base_manager.all()


def free(now: Any) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now)


def _statuses() -> Iterator[Metric]:
    for label, name in STATUSES.items():
        app, _, model = label.partition(".")
        if apps.is_installed(app):
            gauge = GaugeMetricFamily(name, f"{label} by status.", labels=["status"])
            rows: Any = apps.get_model(app, model)._base_manager
            for status, number in rows.order_by().values_list("status").annotate(number=Count("pk")):
                gauge.add_metric([status], number)
            yield gauge


def _due() -> Iterator[Metric]:
    now = timezone.now()
    number = GaugeMetricFamily("tunedeck_work_due", "Rows that wait for a worker.", labels=["kind"])
    oldest = GaugeMetricFamily("tunedeck_work_waiting_seconds", "How long the first of them has waited.", labels=["kind"])
    held = GaugeMetricFamily("tunedeck_work_held", "Rows that a worker is at.", labels=["kind"])
    for kind, rows in leased():
        waits = Q(due_at__lte=now) & free(now)
        found = rows.aggregate(
            due=Count("pk", filter=waits), since=Min("due_at", filter=waits), held=Count("pk", filter=Q(lease_until__gt=now))
        )
        number.add_metric([kind], found["due"])
        oldest.add_metric([kind], (now - found["since"]).total_seconds() if found["since"] else 0)
        held.add_metric([kind], found["held"])
    yield from (number, oldest, held)


def _pulses() -> Iterator[Metric]:
    now = timezone.now()
    age = GaugeMetricFamily(
        "tunedeck_pulse_age_seconds", "Since the last sign of life of the queue's workers.", labels=["queue"]
    )
    alive = GaugeMetricFamily("tunedeck_workers", "Workers that live.", labels=["queue"])
    slots = GaugeMetricFamily("tunedeck_worker_slots", "How many tasks they do at once.", labels=["queue"])
    fresh = Q(at__gte=now - timedelta(seconds=FRESH_SECONDS))
    rows = Pulse.objects.order_by().values_list("queue")
    signs = rows.annotate(last=Max("at"), number=Count("pk", filter=fresh), places=Sum("slots", filter=fresh))
    for queue, at, number, places in signs:
        age.add_metric([queue], (now - at).total_seconds())
        alive.add_metric([queue], number)
        slots.add_metric([queue], places or 0)
    yield from (age, alive, slots)


def _database() -> Iterator[Metric]:
    size = GaugeMetricFamily("tunedeck_database_bytes", "What the database takes on its disk.")
    size.add_metric([], database_bytes())
    yield size
    if pool := getattr(connection, "pool", None):
        gauge = GaugeMetricFamily("tunedeck_database_pool", "This process's pool of connections.", labels=["what"])
        for name, value in pool.get_stats().items():
            gauge.add_metric([name], value)
        yield gauge


def database_bytes() -> int:
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            if is_sqlite
            else "SELECT pg_database_size(current_database())"
        )
        return int(cursor.fetchone()[0])


def _watched() -> Iterator[Metric]:
    from finetunes.live.tail import standing

    now = standing()
    for name, words, value in (
        ("tunedeck_streams_open", "Live pages that this process serves.", now.streams),
        ("tunedeck_tail_seconds", "How long the last look at what is new took.", now.seconds),
        ("tunedeck_tail_late_seconds", "How long ago the last look was, while somebody watches.", now.late),
    ):
        gauge = GaugeMetricFamily(name, words)
        gauge.add_metric([], value)
        yield gauge

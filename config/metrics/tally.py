"""What workers counted, kept in the database: nobody can ask a worker's processes, which come and go.

Each process adds what is new since it last did so, every few seconds. So the counts of all workers of all machines
only ever grow, and any web process can tell them.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F
from prometheus_client import Metric

from config import metrics

EVERY_SECONDS = 10.0
log = logging.getLogger(__name__)
Key = tuple[str, str]


class Tally:
    """What this process has counted and what of it is in the database."""

    def __init__(self) -> None:
        self.is_worker = False
        self._kept: dict[Key, float] = {}
        self._kept_at = 0.0
        self._lock = threading.Lock()

    def now_and_then(self) -> None:
        if self.is_worker and time.monotonic() - self._kept_at > EVERY_SECONDS:
            self.keep()

    def keep(self) -> None:
        """Add what is new; what cannot be written now is added the next time."""
        if not self.is_worker:
            return
        with self._lock:
            self._kept_at = time.monotonic()
            counts = dict(_counted())
            new = {key: value - self._kept.get(key, 0.0) for key, value in sorted(counts.items())}
            try:
                _add({key: value for key, value in new.items() if value})
            except DatabaseError as error:
                log.warning("what was counted could not be written yet: %s", error)
            else:
                self._kept = counts


_mine = Tally()
keep, keep_now_and_then = _mine.keep, _mine.now_and_then


def in_a_worker(**_: Any) -> None:
    """Say that this process, and what it forks, is a worker: its counts go to the database."""
    _mine.is_worker = True


def families(here: str) -> Iterator[Metric]:
    """Return this process's families, with what the workers counted; the label `process` tells them apart."""
    kept = _stored() if here == "web" else {}
    for family in metrics.REGISTRY.collect():
        joined = Metric(family.name, family.documentation, family.type)
        for sample in family.samples:
            joined.add_sample(sample.name, {**sample.labels, "process": here}, sample.value)
        for name in (f"{family.name}{ending}" for ending in ("_bucket", "_count", "_sum", "_total")):
            for labels, value in kept.get(name, ()):
                joined.add_sample(name, {**labels, "process": "worker"}, value)
        yield joined


def _counted() -> Iterator[tuple[Key, float]]:
    for family in metrics.REGISTRY.collect():
        for sample in family.samples:
            yield (sample.name, json.dumps(sample.labels, sort_keys=True)), sample.value


@transaction.atomic
def _add(new: dict[Key, float]) -> None:
    """Always in the same order, so that two processes that add at once wait for each other and never in a circle."""
    from work.models import Tally as Row

    for (name, labels), value in new.items():
        row = Row.objects.filter(name=name, labels=labels)
        if not row.update(value=F("value") + value):
            Row.objects.bulk_create([Row(name=name, labels=labels)], ignore_conflicts=True)
            row.update(value=F("value") + value)


def _stored() -> dict[str, list[tuple[dict[str, str], float]]]:
    from work.models import Tally as Row

    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for name, labels, value in Row.objects.order_by("pk").values_list("name", "labels", "value"):
        found.setdefault(name, []).append((json.loads(labels), value))
    return found

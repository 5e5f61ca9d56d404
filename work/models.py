"""Signs of life of the workers, written by config.pulse and read by the health page; and what workers count."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Sum
from django.utils import timezone

FRESH_SECONDS = 20


class PulseQuerySet(models.QuerySet["Pulse"]):
    def alive(self, queue: str) -> Self:
        return self.filter(queue=queue, at__gte=timezone.now() - timedelta(seconds=FRESH_SECONDS))

    def slots(self, queue: str) -> int:
        """Return how many tasks of the queue can run at once on all live workers."""
        return self.alive(queue).aggregate(total=Sum("slots"))["total"] or 0

    def beat(self, worker: str, queue: str, slots: int = 1) -> None:
        """Write down that the worker is alive now, and forget workers that have been silent for a day."""
        now = timezone.now()
        self.update_or_create(worker=worker, defaults={"queue": queue, "slots": slots, "at": now})
        self.filter(at__lt=now - timedelta(days=1)).delete()


class Pulse(models.Model):
    worker = models.CharField(max_length=200, unique=True)
    queue = models.CharField(max_length=40)
    slots = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()

    objects = PulseQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.worker} at {self.at:%H:%M:%S}"


class Tally(models.Model):
    """What all workers together have counted of one thing; written by config.metrics.tally."""

    name = models.CharField(max_length=100)
    labels = models.CharField(max_length=500)  # JSON
    value = models.FloatField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "labels"], name="one_tally_per_thing")]

    def __str__(self) -> str:
        return f"{self.name} {self.labels}"

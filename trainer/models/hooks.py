"""Whom the trainer tells of the end of a job, and each such message on its way."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from trainer import ids
from trainer.models.callers import Organization
from trainer.models.jobs import Job
from work.encryption import EncryptedField
from work.lease import Leased, LeasedQuerySet

LOOKED_AT = 500


class Endpoint(models.Model):
    """An address of an organization that is told of the events it is registered for."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="endpoints")
    url = models.CharField(max_length=2000)
    events = models.JSONField(default=list)
    secret = EncryptedField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.url


class HookDeliveryQuerySet(LeasedQuerySet["Delivery"]):
    def busy(self) -> Self:
        return self.filter(lease_until__gt=timezone.now())

    def next(self, most: int) -> list[int]:
        """Return the deliveries to begin now: one at a time for each endpoint, and `most` with those under way."""
        busy = set(self.busy().values_list("endpoint", flat=True))
        first: dict[int, int] = {}
        for pk, endpoint in self.due().exclude(endpoint__in=busy).values_list("pk", "endpoint")[:LOOKED_AT]:
            first.setdefault(endpoint, pk)
        return list(first.values())[: max(0, most - len(busy))]


class Delivery(Leased):
    """One message for one endpoint. It is due until it has arrived or a day is over."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="deliveries")
    public_id = models.CharField(max_length=40, unique=True, default=ids.webhook)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    said = models.CharField(max_length=200, blank=True)
    """What came of the last attempt."""

    objects = HookDeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "job"], name="one_delivery_per_endpoint_and_job")
        ]

    def __str__(self) -> str:
        return f"{self.public_id} to {self.endpoint_id}"

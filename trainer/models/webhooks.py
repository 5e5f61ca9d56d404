"""Who is told when a job ends, and what each of them still has to be told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from trainer import ids
from trainer.models.callers import Organization
from trainer.models.jobs import Job
from work.lease import Leased, LeasedQuerySet


class Webhook(models.Model):
    """An address that hears of an organization's jobs. Its secret is not kept: webhooks.secret derives it."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="webhooks")
    public_id = models.CharField(max_length=40, unique=True, default=ids.webhook)
    url = models.URLField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.url


class DeliveryQuerySet(LeasedQuerySet["Delivery"]):
    def waiting(self) -> DeliveryQuerySet:
        return self.filter(delivered_at=None)


class Delivery(Leased):
    """One event for one webhook, due until it was taken or until it is too old."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="deliveries")
    public_id = models.CharField(max_length=40, unique=True, default=ids.webhook_event)
    type = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["webhook", "job", "type"], name="one_delivery_per_webhook_and_event")
        ]

    def __str__(self) -> str:
        return f"{self.type} to {self.webhook}"

"""Who may call: organizations and their keys."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from trainer import ids


class Organization(models.Model):
    """Whom keys, files, jobs and models belong to."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.organization)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.slug


class Role(models.TextChoices):
    OWNER = "owner"
    MEMBER = "member"


class Key(models.Model):
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="keys")
    role = models.CharField(max_length=10, choices=Role)
    name = models.CharField(max_length=120, blank=True)
    hash = models.CharField(max_length=64, unique=True)
    last4 = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True)
    """Limits of this key's own; null: those of the settings, 0: none."""
    requests_until = models.FloatField(default=0)
    tokens_until = models.FloatField(default=0)
    """What trainer.limits counts with."""

    def __str__(self) -> str:
        return f"…{self.last4} ({self.organization}, {self.role})"

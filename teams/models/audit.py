"""The record of what somebody changed."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from teams.models.people import Organization, User


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def search(self, words: str) -> Self:
        if not words:
            return self
        return self.filter(Q(action__icontains=words) | Q(target_name__icontains=words) | Q(actor_name__icontains=words))


class AuditEntry(models.Model):
    """One thing that somebody changed. Written by teams.audit, never changed afterwards."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="audit_entries")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=60, blank=True)
    target_name = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.action} {self.target_name}"

    @property
    def words(self) -> str:
        """The action as words: `fine-tune.created` is “fine-tune created”."""
        return self.action.replace(".", " ")

    @property
    def details_text(self) -> str:
        return " · ".join(f"{key}: {_plain(value)}" for key, value in self.details.items() if value not in ("", None))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

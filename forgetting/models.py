"""How long an organization keeps what nobody needs any more."""

from __future__ import annotations

from django.db import models

from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class Retention(Leased):
    """So many days of each kind, of forgetting.kinds; one that is missing is kept for good. Due once a day."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="retention")
    days = models.JSONField(default=dict, blank=True)  # {kind: days}
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    objects = LeasedQuerySet["Retention"].as_manager()

    def __str__(self) -> str:
        return f"retention of {self.organization}"

"""Let the day come on which an organization's old things go."""

from __future__ import annotations

from django.utils import timezone

from forgetting.carry_out import carry_out
from forgetting.models import Retention
from teams.models import Organization


def forgotten(organization: Organization) -> None:
    row, _made = Retention.objects.get_or_create(organization=organization)
    Retention.objects.filter(pk=row.pk).update(due_at=timezone.now())
    assert carry_out(row.pk)

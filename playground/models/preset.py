"""A prompt that an organization shares: what was in the playground's form, under a name."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from teams.models import Organization, User


class PresetQuerySet(models.QuerySet["Preset"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Preset(models.Model):
    """Text or conversation, variables and settings; bound to a model if it has the model's key."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    key = models.CharField(max_length=300, blank=True)  # of the model that it is bound to: see playground.pick
    model_name = models.CharField(max_length=255, blank=True)  # that model's, for the day when it is gone
    format = models.CharField(max_length=20)
    entered = models.JSONField(default=dict)  # the form as it was sent: {field: [value, …]}
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "name"], name="one_preset_per_name")]

    def __str__(self) -> str:
        return self.name

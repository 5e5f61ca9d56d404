"""What training makes: models, and the checkpoints among them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from trainer import ids
from trainer.bases import BASES, Base
from trainer.models.callers import Organization
from trainer.models.place import folder


class MadeModelQuerySet(models.QuerySet["Model"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def usable(self, organization: Organization) -> Self:
        """Return the models that an organization may ask: its own, and those that others permit it."""
        permitted = Permission.objects.filter(organization=organization).values("model")
        return self.kept().filter(Q(organization=organization) | Q(pk__in=permitted))

    def kept(self) -> Self:
        return self.filter(deleted_at=None)


class Model(models.Model):
    """A fine-tuned model, the last of a job or the state at one of its checkpoints."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="models")
    name = models.CharField(max_length=255, unique=True)
    base_name = models.CharField(max_length=60)
    parent_name = models.CharField(max_length=255)
    folder_name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = MadeModelQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name

    @property
    def base(self) -> Base:
        return BASES[self.base_name]

    @property
    def path(self) -> Path:
        return folder() / "models" / self.folder_name


class Checkpoint(models.Model):
    """The state of a job at the end of an epoch, usable as a model while the model is kept."""

    job = models.ForeignKey("Job", on_delete=models.CASCADE, related_name="checkpoints")
    public_id = models.CharField(max_length=40, unique=True, default=ids.checkpoint)
    step = models.PositiveIntegerField()
    metrics = models.JSONField(default=dict)
    model = models.OneToOneField(Model, on_delete=models.PROTECT, related_name="checkpoint")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "step"], name="one_checkpoint_per_step")]

    def __str__(self) -> str:
        return self.public_id


class Permission(models.Model):
    """Another organization may use the model, though neither delete it nor train from it."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="permissions")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="permissions")
    public_id = models.CharField(max_length=40, unique=True, default=ids.permission)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "organization"], name="one_permission_per_organization")
        ]

    def __str__(self) -> str:
        return self.public_id

"""Jobs with their events and the metadata that they are looked up by."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from trainer import ids
from trainer.bases import BASES, Base
from trainer.models.callers import Organization
from trainer.models.files import File
from trainer.models.made import Model
from trainer.models.place import folder
from work.lease import Leased, LeasedQuerySet


class Status(models.TextChoices):
    VALIDATING = "validating_files"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (Status.VALIDATING, Status.QUEUED, Status.RUNNING, Status.PAUSED)


class Generation(models.TextChoices):
    LEGACY = "legacy"
    JOBS = "jobs"


class JobQuerySet(LeasedQuerySet["Job"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def generation(self, generation: str) -> Self:
        return self.filter(generation=generation)

    def unfinished(self) -> Self:
        return self.filter(status__in=UNFINISHED)

    def reading(self, file: File) -> Self:
        return self.filter(Q(training_file=file) | Q(validation_file=file))

    def with_files(self) -> Self:
        return self.select_related(
            "organization", "training_file", "validation_file", "result_file", "parent", "fine_tuned_model"
        )


class Job(Leased):
    """A fine-tune of either generation; its spelling on the wire is the API's affair."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="jobs")
    public_id = models.CharField(max_length=40, unique=True)
    generation = models.CharField(max_length=10, choices=Generation)
    status = models.CharField(max_length=20, choices=Status, default=Status.VALIDATING)
    base_name = models.CharField(max_length=60)
    parent = models.ForeignKey(Model, null=True, blank=True, on_delete=models.PROTECT, related_name="continued_by")
    training_file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="+")
    validation_file = models.ForeignKey(File, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    hyperparameters = models.JSONField(default=dict)
    suffix = models.CharField(max_length=64, blank=True)
    seed = models.PositiveIntegerField()
    integrations = models.JSONField(null=True, blank=True)
    metadata = models.JSONField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)
    request_sha256 = models.CharField(max_length=64)
    model_name = models.CharField(max_length=255, blank=True)
    fine_tuned_model = models.ForeignKey(Model, null=True, blank=True, on_delete=models.PROTECT, related_name="made_by")
    result_file = models.ForeignKey(File, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    trained_tokens = models.BigIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_param = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    estimated_finish = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "idempotency_key"], name="one_job_per_idempotency_key")
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def base(self) -> Base:
        return BASES[self.base_name]

    @property
    def legacy(self) -> bool:
        return self.generation == Generation.LEGACY

    @property
    def starting_model(self) -> str:
        return self.parent.name if self.parent else self.base_name

    @property
    def finished(self) -> bool:
        return self.status not in UNFINISHED

    @property
    def path(self) -> Path:
        """The folder of the run's resumable state, gone when the job is finished."""
        return folder() / "runs" / self.public_id


class Pair(models.Model):
    """One pair of a job's metadata, which jobs are looked up by."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="pairs")
    name = models.CharField(max_length=64)
    value = models.CharField(max_length=512, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "name"], name="one_value_per_name")]
        indexes: ClassVar = [models.Index(fields=["name", "value"])]

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


class Event(models.Model):
    """One line of a job's story. `mark` names the moment, so that telling it again changes nothing."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    public_id = models.CharField(max_length=40, unique=True, default=ids.event)
    mark = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=timezone.now)
    level = models.CharField(max_length=10, default="info")
    message = models.TextField()
    type = models.CharField(max_length=20, default="message")
    data = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "mark"], name="one_event_per_moment")]

    def __str__(self) -> str:
        return self.message

"""What the trainer keeps: who may call it, files, jobs with their events, checkpoints and models."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from trainer import ids
from trainer.bases import BASES, Base
from work.lease import Leased, LeasedQuerySet


def folder() -> Path:
    return Path(settings.DATA) / "trainer"


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

    def __str__(self) -> str:
        return f"…{self.last4} ({self.organization}, {self.role})"


class FileQuerySet(models.QuerySet["File"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def kept(self) -> Self:
        return self.filter(deleted_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def expired(self) -> Self:
        return self.filter(deleted_at=None, expires_at__lte=timezone.now())


class File(models.Model):
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="files")
    public_id = models.CharField(max_length=40, unique=True, default=ids.file)
    filename = models.CharField(max_length=255)
    purpose = models.CharField(max_length=40)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=20, blank=True)
    examples = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = FileQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.filename

    @property
    def path(self) -> Path:
        return folder() / "files" / self.public_id


class Status(models.TextChoices):
    VALIDATING = "validating_files"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (Status.VALIDATING, Status.QUEUED, Status.RUNNING)


class Generation(models.TextChoices):
    LEGACY = "legacy"
    JOBS = "jobs"


class ModelQuerySet(models.QuerySet["Model"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

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

    objects = ModelQuerySet.as_manager()

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


class Checkpoint(models.Model):
    """The state of a job at the end of an epoch, usable as a model while the model is kept."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="checkpoints")
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

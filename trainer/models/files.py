"""Files, and uploads that become files part by part."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from trainer import ids
from trainer.models.callers import Organization
from trainer.models.place import folder


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


class UploadStatus(models.TextChoices):
    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class UploadQuerySet(models.QuerySet["Upload"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def open(self) -> Self:
        return self.filter(status=UploadStatus.PENDING, expires_at__gt=timezone.now())

    def abandoned(self) -> Self:
        return self.filter(status=UploadStatus.PENDING, expires_at__lte=timezone.now())


class Upload(models.Model):
    """A file that comes in parts: it is a file when it is completed, and nothing if it is not."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="uploads")
    public_id = models.CharField(max_length=40, unique=True, default=ids.upload)
    filename = models.CharField(max_length=255)
    purpose = models.CharField(max_length=40)
    mime_type = models.CharField(max_length=255)
    bytes = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=UploadStatus, default=UploadStatus.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    life_seconds = models.PositiveIntegerField(null=True, blank=True)
    """How long the file is kept once it is made."""
    file = models.OneToOneField(File, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return self.filename

    @property
    def path(self) -> Path:
        return folder() / "uploads" / self.public_id


class Part(models.Model):
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    public_id = models.CharField(max_length=40, unique=True, default=ids.part)
    bytes = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.public_id

    @property
    def path(self) -> Path:
        return self.upload.path / self.public_id

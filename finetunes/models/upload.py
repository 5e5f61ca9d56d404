"""Files that were brought to a connection."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q, QuerySet

from connections.models import Connection
from datasets.models import Version
from finetunes.models.fine_tune import FineTune
from finetunes.statuses import ENDED
from work.lease import Leased, LeasedQuerySet


class UploadQuerySet(LeasedQuerySet["Upload"]):
    def reserved_by(self, fine_tune: FineTune) -> Self:
        return self.filter(creating=fine_tune)

    def reserved_before(self, fine_tune: FineTune) -> Self:
        """The files of this fine-tune on which the provider may be about to start another one."""
        files = self.filter(version=fine_tune.training_version_id, connection=fine_tune.connection_id)
        return files.filter(creating__isnull=False).exclude(creating=fine_tune)


class Upload(Leased):
    """One part of a version at one connection. It is uploaded once, under a name that carries its token."""

    class Part(models.TextChoices):
        TRAINING = "training"
        VALIDATION = "validation"

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="uploads")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="uploads")
    part = models.CharField(max_length=10, choices=Part)
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    doubt_until = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=255, blank=True)
    remote_created_at = models.DateTimeField(null=True, blank=True)
    ready = models.BooleanField(default=False)
    let_go_at = models.DateTimeField(null=True, blank=True, db_index=True)  # when it is deleted, if nothing needs it by then
    creating = models.ForeignKey(FineTune, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "part", "connection"], name="each_version_once_per_connection")
        ]

    def __str__(self) -> str:
        return self.filename

    def needed_by(self) -> QuerySet[FineTune]:
        """Return the fine-tunes of this connection that learned, learn or may yet learn from this version."""
        here = FineTune.objects.filter(connection=self.connection_id, training_version=self.version_id)
        return here.filter(~Q(remote_id="") | ~Q(status__in=ENDED))

    @property
    def filename(self) -> str:
        return f"tunedeck-{self.token.hex}-{self.part}.jsonl"


class Leftover(Leased):
    """A file that a connection's provider still has and nothing needs: due to be deleted there."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    remote_id = models.CharField(max_length=255)

    objects = LeasedQuerySet["Leftover"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "remote_id"], name="each_leftover_once_per_connection")
        ]

    def __str__(self) -> str:
        return self.remote_id

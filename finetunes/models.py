"""Fine-tunes, what was uploaded for them, what the provider reported about them, and their models."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self, cast

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.models import Connection
from datasets.models import Version
from finetunes.statuses import ENDED, MOVING, WAITING, Status, tone
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet

if TYPE_CHECKING:
    from openai_api.client import Client
    from openai_api.types import DialectName


class FineTuneQuerySet(LeasedQuerySet["FineTune"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def for_lists(self) -> Self:
        """Newest first, with what a row of a list shows and without what only the detail page needs."""
        related = self.select_related("connection", "training_version__dataset", "started_by")
        return related.defer("raw", "error_raw", "known_before").order_by("-created_at", "-pk")

    def moving(self) -> Self:
        return self.filter(status__in=MOVING | WAITING | {Status.LOST_CONTACT, Status.UNKNOWN})

    def ended(self) -> Self:
        return self.filter(status__in=ENDED)

    def search(self, words: str) -> Self:
        places = ("name", "base_model", "remote_id", "fine_tuned_model", "training_version__dataset__name")
        query = Q()
        for place in places:
            query |= Q(**{f"{place}__icontains": words})
        return self.filter(query)

    def measured(self, connection: Connection, base_model: str | None = None) -> Self:
        """The newest finished fine-tunes on this connection (of this base) whose time is known."""
        known = self.filter(connection=connection, status=Status.SUCCEEDED, finished_at__gt=F("started_at"))
        if base_model is not None:
            known = known.filter(base_model=base_model)
        return known.for_lists()


class FineTune(Leased):
    """One job at a provider, from the intent to start it to its last result."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="fine_tunes")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="fine_tunes")
    dialect = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    base_model = models.CharField(max_length=255)
    parent = models.ForeignKey("Model", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    suffix = models.CharField(max_length=64, blank=True)
    training_version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="fine_tunes")
    use_validation = models.BooleanField(default=True)
    hyperparameters = models.JSONField(default=dict, blank=True)
    seed = models.PositiveIntegerField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    integrations = models.JSONField(default=list, blank=True)
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="fine_tunes")
    created_at = models.DateTimeField(default=timezone.now)

    # The intent: what makes it impossible to send it twice (see create.py).
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    doubt_until = models.DateTimeField(null=True, blank=True)
    known_before = models.JSONField(default=list, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    # What the provider said.
    status = models.CharField(max_length=20, choices=Status, default=Status.SENDING)
    provider_status = models.CharField(max_length=60, blank=True)
    remote_id = models.CharField(max_length=255, blank=True)
    training_file_id = models.CharField(max_length=255, blank=True)
    validation_file_id = models.CharField(max_length=255, blank=True)
    fine_tuned_model = models.CharField(max_length=255, blank=True)
    resolved = models.JSONField(default=dict, blank=True)
    result_files = models.JSONField(default=list, blank=True)
    trained_tokens = models.BigIntegerField(null=True, blank=True)
    estimated_finish = models.DateTimeField(null=True, blank=True)
    remote_created_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    error_raw = models.JSONField(default=dict, blank=True)
    raw = models.JSONField(default=dict, blank=True)

    # How far ingestion has come.
    answered_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    trouble = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    last_event = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)
    step = models.PositiveBigIntegerField(null=True, blank=True)
    total_steps = models.PositiveBigIntegerField(null=True, blank=True)
    epoch = models.PositiveIntegerField(null=True, blank=True)
    epochs = models.PositiveIntegerField(null=True, blank=True)
    summary = models.JSONField(default=dict, blank=True)
    spark = models.JSONField(default=list, blank=True)

    objects = FineTuneQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "remote_id"], condition=~Q(remote_id=""), name="one_fine_tune_per_remote_id"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at", "-id"], name="finetune_list"),
            models.Index(fields=["organization", "status", "-created_at"], name="finetune_list_by_status"),
            models.Index(fields=["connection", "base_model", "status"], name="finetune_speed"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("finetunes:detail", args=[self.pk])

    @property
    def tone(self) -> str:
        return tone(self.status)

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def in_doubt(self) -> bool:
        """Whether it was sent and nobody knows yet whether it arrived."""
        return self.sent_at is not None and not self.remote_id and not self.has_ended

    @property
    def can_be_cancelled(self) -> bool:
        return not self.has_ended and self.cancel_requested_at is None

    def client(self) -> Client:
        return self.connection.client(cast("DialectName", self.dialect))


class UploadQuerySet(LeasedQuerySet["Upload"]):
    def reserved_by(self, fine_tune: FineTune) -> Self:
        return self.filter(creating=fine_tune)


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
    creating = models.ForeignKey(FineTune, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "part", "connection"], name="each_version_once_per_connection")
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def filename(self) -> str:
        return f"tunedeck-{self.token.hex}-{self.part}.jsonl"


class Event(models.Model):
    """One line that the provider reported; the ordinal is its place in the order in which it came."""

    fine_tune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="events")
    ordinal = models.PositiveIntegerField()
    key = models.CharField(max_length=255)
    created_at = models.DateTimeField(null=True, blank=True)
    level = models.CharField(max_length=20, blank=True)
    type = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    metrics = models.JSONField(null=True, blank=True)
    raw = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("ordinal",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fine_tune", "key"], name="each_event_once"),
            models.UniqueConstraint(fields=["fine_tune", "ordinal"], name="one_event_per_place"),
        ]

    def __str__(self) -> str:
        return self.message


class ResultFile(models.Model):
    """A result file as it came; its name at the provider is only shown, never a path."""

    fine_tune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="files")
    remote_id = models.CharField(max_length=255)
    content = models.FileField(upload_to="results", max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["fine_tune", "remote_id"], name="each_result_file_once")]

    def __str__(self) -> str:
        return self.remote_id


class Series(models.Model):
    """A span of one metric: ascending steps (little-endian int64) and their values (float64).

    A series is cut into spans of equal width, so that a long one can be read and written by range.
    """

    fine_tune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="series")
    name = models.CharField(max_length=200)
    span = models.BigIntegerField()
    steps = models.BinaryField()
    values = models.BinaryField()

    class Meta:
        ordering = ("name", "span")
        constraints: ClassVar = [models.UniqueConstraint(fields=["fine_tune", "name", "span"], name="each_span_once")]

    def __str__(self) -> str:
        return self.name


class ModelQuerySet(models.QuerySet["Model"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def usable(self) -> Self:
        """Neither deleted nor, as far as the provider said, shut down."""
        alive = Q(shutdown_date__isnull=True) | Q(shutdown_date__gte=timezone.localdate())
        return self.filter(alive, deleted_at__isnull=True)

    def ending_before(self, day: date) -> Self:
        """What works today and stops by that day."""
        return self.usable().filter(shutdown_date__lte=day)

    def search(self, words: str) -> Self:
        places = ("name", "base_model", "fine_tune__name", "version__dataset__name")
        query = Q()
        for place in places:
            query |= Q(**{f"{place}__icontains": words})
        return self.filter(query)

    def for_lists(self) -> Self:
        related = self.select_related("connection", "fine_tune", "version__dataset", "deleted_by").defer("raw")
        return related.order_by("-created_at", "-pk")


class Model(models.Model):
    """A fine-tuned model that a provider holds. The record stays when the model is deleted."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="models")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="models")
    name = models.CharField(max_length=255)
    base_model = models.CharField(max_length=255)
    fine_tune = models.ForeignKey(FineTune, on_delete=models.PROTECT, null=True, blank=True, related_name="models")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, blank=True, related_name="models")
    created_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    shutdown_date = models.DateField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    raw = models.JSONField(default=dict, blank=True)

    objects = ModelQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints: ClassVar = [models.UniqueConstraint(fields=["connection", "name"], name="one_model_per_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("models:detail", args=[self.pk])

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_usable(self) -> bool:
        return not self.is_deleted and not self.is_shut_down

    @property
    def is_shut_down(self) -> bool:
        return self.shutdown_date is not None and self.shutdown_date < timezone.localdate()

    @property
    def days_left(self) -> int | None:
        return (self.shutdown_date - _today()).days if self.shutdown_date else None

    @property
    def state(self) -> tuple[str, str]:
        """Return the badge's class and its word."""
        if self.is_deleted:
            return "", _("Deleted")
        if self.is_shut_down:
            return "bad", _("Shut down")
        if self.ready_at is None:
            return "wait", _("Being made ready")
        return "good", _("Ready")


def _today() -> date:
    return timezone.localdate()

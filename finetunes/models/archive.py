"""What is kept of a connection for the day when its provider is gone."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class ArchiveQuerySet(LeasedQuerySet["Archive"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(connection__organization=organization)


class Archive(Leased):
    """The wish to fetch all that a connection's provider still has. It is due until that is done or known to be in vain."""

    class Stage(models.TextChoices):
        LISTING = "listing", _("Asking what there is")
        FOLLOWING = "following", _("Fetching events, results and models")
        FETCHING = "fetching", _("Fetching files")
        DONE = "done", _("Done")

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.LISTING)
    finished_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    trouble = models.TextField(blank=True)
    list_problem = models.TextField(blank=True)
    """The provider's words, if it never gave its list of fine-tunes or of files."""

    objects = ArchiveQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.connection)

    @property
    def is_done(self) -> bool:
        return self.stage == self.Stage.DONE


class KeptFile(models.Model):
    """A file of a provider, kept as it came, or the reason why it could not be had."""

    class Role(models.TextChoices):
        TRAINING = "training", _("Training file")
        VALIDATION = "validation", _("Validation file")
        RESULT = "result", _("Results file")  # kept with its fine-tune, as a ResultFile
        OTHER = "other", _("File that no fine-tune names")

    class State(models.TextChoices):
        WANTED = "wanted"
        KEPT = "kept"
        MISSING = "missing"

    class Reason(models.TextChoices):
        GONE = "gone", _("The provider does not have it any more.")
        REFUSED = "refused", _("The provider does not give it out.")
        EMPTY = "empty", _("The provider gave an empty file.")
        SILENT = "silent", _("The provider did not answer, though it was asked again and again.")

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="kept_files")
    remote_id = models.CharField(max_length=255)
    role = models.CharField(max_length=10, choices=Role)
    state = models.CharField(max_length=10, choices=State, default=State.WANTED)
    filename = models.CharField(max_length=255, blank=True)  # the provider's word: shown, never a path
    purpose = models.CharField(max_length=60, blank=True)
    content = models.FileField(upload_to="kept", max_length=200, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)
    tries = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)
    words = models.TextField(blank=True)  # the provider's own
    asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = _("kept files")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "remote_id"], name="each_kept_file_once"),
        ]

    def __str__(self) -> str:
        return self.filename or self.remote_id

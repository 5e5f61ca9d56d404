"""Where an organization's results are sent besides, and what was sent there."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from finetunes.models.fine_tune import FineTune
from teams.models import Organization, User
from work.encryption import EncryptedField
from work.lease import Leased, LeasedQuerySet


class TrackerQuerySet(models.QuerySet["Tracker"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Tracker(models.Model):
    """An account at a tracker of experiments, set up by an owner."""

    class Kind(models.TextChoices):
        WANDB = "wandb", "Weights & Biases"
        MLFLOW = "mlflow", "MLflow"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="trackers")
    kind = models.CharField(max_length=10, choices=Kind)
    # Empty: the service of those who make it. Not a URLField: that one refuses one-word host names.
    address = models.CharField(_("address"), max_length=300, blank=True)
    key = EncryptedField(_("API key"), blank=True)
    project = models.CharField(_("project"), max_length=120, default="OpenAI-Fine-Tune")
    account = models.CharField(_("account"), max_length=120, blank=True)  # W&B: the entity; MLflow: a user's name
    sends_data = models.BooleanField(_("Send the training and validation data, too"), default=True)
    sends_new = models.BooleanField(_("Send every fine-tune that succeeds from now on"), default=False)
    since = models.DateTimeField(null=True, blank=True, editable=False)
    """What ended before that is sent only if somebody asks for it."""

    objects = TrackerQuerySet.as_manager()

    class Meta:
        ordering = ("kind",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "kind"], name="one_tracker_of_a_kind")]

    def __str__(self) -> str:
        return self.get_kind_display()


class SendingQuerySet(LeasedQuerySet["Sending"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(tracker__organization=organization)


class Sending(Leased):
    """The wish to send one fine-tune to a tracker. It is due until it was sent or could not be."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")

    tracker = models.ForeignKey(Tracker, on_delete=models.CASCADE, related_name="sendings")
    fine_tune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="sendings")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    force = models.BooleanField(default=False)  # also if it is there already
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    was_there = models.BooleanField(default=False)
    url = models.CharField(max_length=500, blank=True)  # the tracker's word: shown as a link only if it is one
    trouble = models.TextField(blank=True)
    done = models.PositiveBigIntegerField(default=0)  # rows, of which there are
    whole = models.PositiveBigIntegerField(default=0)

    objects = SendingQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["tracker", "fine_tune"], name="one_sending_to_a_tracker")]

    def __str__(self) -> str:
        return f"{self.fine_tune} → {self.tracker}"

    @property
    def link(self) -> str:
        return self.url if self.url.startswith(("https://", "http://")) else ""

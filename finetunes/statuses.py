"""The states of a fine-tune, their words, and the look of their badges."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    AWAITING_APPROVAL = "awaiting-approval", _("Awaiting approval")
    SENDING = "sending", _("Sending")
    CHECKING_FILES = "checking-files", _("Checking files")
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    CANCELLING = "cancelling", _("Cancelling")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    LOST_CONTACT = "lost-contact", _("Lost contact")
    UNKNOWN = "unknown", _("Unknown")


ENDED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED})
WAITING = frozenset({Status.SENDING, Status.CHECKING_FILES, Status.QUEUED, Status.PAUSED})
MOVING = frozenset({Status.RUNNING, Status.CANCELLING})

TONES = {
    Status.AWAITING_APPROVAL: "wait",
    Status.SENDING: "wait",
    Status.CHECKING_FILES: "wait",
    Status.QUEUED: "wait",
    Status.PAUSED: "wait",
    Status.RUNNING: "busy",
    Status.CANCELLING: "busy",
    Status.SUCCEEDED: "good",
    Status.FAILED: "bad",
    Status.LOST_CONTACT: "bad",
}


def tone(status: str) -> str:
    """Return the badge's class; empty for what is neither good nor bad."""
    return TONES.get(Status(status), "")


def of_remote(status: str) -> Status:
    """Translate the wire's status; a word that nobody knows is unknown, and shown as it is."""
    return Status(status) if status in Status.values else Status.UNKNOWN

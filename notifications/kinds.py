"""What people are told of, whom each kind concerns, and how it reaches them unless they choose otherwise."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    SUCCEEDED = "succeeded", _("A fine-tune succeeded")
    FAILED = "failed", _("A fine-tune failed")
    LOST_CONTACT = "lost-contact", _("A provider does not answer for a fine-tune")
    APPROVAL_WANTED = "approval-wanted", _("A fine-tune waits for an owner’s approval")
    APPROVAL_GIVEN = "approval-given", _("A fine-tune was approved")
    APPROVAL_DECLINED = "approval-declined", _("A fine-tune was declined")
    DELETION_PLANNED = "deletion-planned", _("A model is going to be deleted")
    DELETION_STUCK = "deletion-stuck", _("A model cannot be deleted at its provider")
    SHUTDOWN = "shutdown", _("A model or base will be shut down")


class Audience(StrEnum):
    PERSON = "person"  # whom it concerns, and who wants to hear of everybody's
    ASKER = "asker"  # whom it concerns, nobody else
    OWNERS = "owners"
    EVERYBODY = "everybody"


AUDIENCES = {
    Kind.SUCCEEDED: Audience.PERSON,
    Kind.FAILED: Audience.PERSON,
    Kind.LOST_CONTACT: Audience.PERSON,
    Kind.APPROVAL_WANTED: Audience.OWNERS,
    Kind.APPROVAL_GIVEN: Audience.ASKER,
    Kind.APPROVAL_DECLINED: Audience.ASKER,
    Kind.DELETION_PLANNED: Audience.OWNERS,
    Kind.DELETION_STUCK: Audience.OWNERS,
    Kind.SHUTDOWN: Audience.EVERYBODY,
}


class Way(models.TextChoices):
    PAGE = "page", _("On the page")
    EMAIL = "email", _("By e-mail")


DEFAULT = (Way.PAGE, Way.EMAIL)
EVENTS = {kind: kind.value.replace("-", "_") for kind in Kind}
"""How a webhook names the kinds, after `tunedeck.`."""

"""An organization on its way: the archive that its owners asked for, and where one that came from elsewhere is from."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class DepartureQuerySet(LeasedQuerySet["Departure"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def ready(self) -> Self:
        return self.filter(state=Departure.State.READY, expires_at__gt=timezone.now())

    def expired(self) -> Self:
        return self.filter(expires_at__lte=timezone.now()).exclude(file="")


class Departure(Leased):
    """The wish for an archive of everything. It is due until the archive is there; the file goes when it expires."""

    class State(models.TextChoices):
        PACKING = "packing", _("Being packed")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Not packed")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    with_history = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.PACKING)
    done = models.PositiveBigIntegerField(default=0)  # rows and files, of which there are
    whole = models.PositiveBigIntegerField(default=0)
    file = models.FileField(upload_to="departures", max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True)
    trouble = models.TextField(blank=True)

    objects = DepartureQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-pk")

    def __str__(self) -> str:
        return f"{self.organization} at {self.asked_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.READY and bool(self.expires_at and self.expires_at > timezone.now())


class Arrival(models.Model):
    """An organization that was imported, and the audit log that it brought along."""

    archive = models.UUIDField(unique=True)
    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="arrival")
    source = models.CharField(max_length=300, blank=True)  # the address of the server that it comes from, as that one said
    packed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(default=timezone.now)
    logs = models.JSONField(default=list)  # audit logs of servers before this one, the first one first: [{"file", "sha256"}]

    def __str__(self) -> str:
        return f"{self.organization} from {self.source}"


class Asleep(models.Model):
    """A connection that came without its key: nothing is asked of its provider until an owner has entered one."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return str(self.connection)

"""What is kept for each connection: who polls it, and what its provider has that was not started here."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Count
from django.utils import timezone

from connections.models import Connection
from finetunes.statuses import of_remote, tone
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class PollingQuerySet(LeasedQuerySet["Polling"]):
    def take(self, connection: int, seconds: float) -> Polling | None:
        """Become the only one that polls the connection; None if somebody else does, or it must be left alone."""
        row, _made = self.get_or_create(connection_id=connection, defaults={"due_at": timezone.now()})
        return self.claim(row.pk, seconds)

    def quiet_until(self, connection: int) -> datetime | None:
        """Return until when the provider asked for no requests of any kind."""
        quiet = self.filter(connection=connection, quiet_until__gt=timezone.now())
        return quiet.values_list("quiet_until", flat=True).first()


class Polling(Leased):
    """The turn to poll a connection. It is due when the connection may be polled again."""

    # A relation without a way back: nothing of this keeps a connection from being deleted.
    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="+")
    quiet_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)

    objects = PollingQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.connection)


class InventoryQuerySet(LeasedQuerySet["Inventory"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(connection__organization=organization)

    def to_mention(self) -> Self:
        """Those that list what nobody has imported; `number` of them."""
        quiet = self.filter(imports=False, is_hushed=False, connection__archived_at=None)
        found = quiet.annotate(number=Count("elsewhere")).filter(number__gt=0)
        return found.select_related("connection").only("connection__name")

    def add_missing(self) -> None:
        """Make one for each connection in use that has none yet."""
        missing = Connection.objects.active().exclude(pk__in=self.model.objects.values("connection"))
        now = timezone.now()
        rows = [Inventory(connection_id=pk, due_at=now) for pk in missing.values_list("pk", flat=True)]
        if rows:
            self.bulk_create(rows, ignore_conflicts=True)


class Inventory(Leased):
    """What a connection's provider lists. It is due when the provider is to be asked for its list again."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="+")
    listed_at = models.DateTimeField(null=True, blank=True)
    imports = models.BooleanField(default=False)
    """Whether what was started elsewhere is imported as it appears."""
    is_hushed = models.BooleanField(default=False)
    """Whether the list of fine-tunes does not mention what was started elsewhere."""
    imported_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    failures = models.PositiveIntegerField(default=0)
    trouble = models.TextField(blank=True)

    objects = InventoryQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.connection)

    @property
    def is_busy(self) -> bool:
        """Whether the provider is being asked for its list, or will be in a moment."""
        now = timezone.now()
        is_held = self.lease_until is not None and self.lease_until > now
        return is_held or (self.due_at is not None and self.due_at <= now)


class Elsewhere(models.Model):
    """A fine-tune that the provider lists and that was not started here. It goes when it is imported, or gone there."""

    inventory = models.ForeignKey(Inventory, on_delete=models.CASCADE, related_name="elsewhere")
    remote_id = models.CharField(max_length=255)
    dialect = models.CharField(max_length=20)
    base_model = models.CharField(max_length=255, blank=True)
    fine_tuned_model = models.CharField(max_length=255, blank=True)
    provider_status = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=20)
    remote_created_at = models.DateTimeField(null=True, blank=True)
    facts = models.JSONField(default=dict)
    """What an import takes over at once: files, suffix, metadata, seed."""
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("-remote_created_at", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["inventory", "remote_id"], name="each_elsewhere_once"),
        ]

    def __str__(self) -> str:
        return self.remote_id

    @property
    def tone(self) -> str:
        return tone(self.status)

    @property
    def word(self) -> str:
        """The status in our word, or the provider's own where we have none."""
        ours = of_remote(self.status)
        return str(ours.label) if ours != "unknown" else self.provider_status or str(ours.label)

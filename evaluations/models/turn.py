"""Who asks at a connection, and how it wants to be asked."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from connections.models import Connection
from work.lease import Leased, LeasedQuerySet


class TurnQuerySet(LeasedQuerySet["Turn"]):
    def take(self, connection: int, seconds: float) -> Turn | None:
        """Become the only one that asks at the connection; None if somebody else does, or it must be left alone."""
        row, _made = self.get_or_create(connection_id=connection, defaults={"due_at": timezone.now()})
        return self.claim(row.pk, seconds)


class Turn(Leased):
    """The turn to ask the questions of all evaluations at a connection. It is due when it may be asked again."""

    # A relation without a way back: nothing of this keeps a connection from being deleted.
    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="+")
    at_once = models.FloatField(default=0)  # requests that it last took at a time; 0: as many as the settings say
    failures = models.PositiveIntegerField(default=0)  # rounds in a row in which nobody answered

    objects = TurnQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.connection)

"""Work as a row: due at a time, claimed by a conditional update, held by a lease that is renewed.

Whoever calls `claim` and gets the row back is its only holder until the lease ends. A holder that dies
simply stops renewing, and the row is due again: at once if `free_orphans` sees that it is gone. Every
write of a holder goes through `held()` or `release()`, so one that has lost its lease writes nothing.
"""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

from django.apps import apps
from django.db import connections, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from work import holder

Row = TypeVar("Row", bound="Leased")


class LeasedQuerySet(models.QuerySet[Row]):
    def due(self, now: datetime | None = None) -> Self:
        now = now or timezone.now()
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        return self.filter(due_at__lte=now).filter(free).order_by("due_at", "pk")

    def claim(self, pk: int, seconds: float) -> Row | None:
        """Return the row with a fresh lease of `seconds`, or None if it is not due or somebody holds it."""
        token = uuid.uuid4()
        won = self._lease(self.filter(pk=pk), token, seconds, most=1)
        return self.get(pk=pk, lease_token=token) if won else None

    def claim_all(self, token: uuid.UUID, seconds: float, most: int) -> list[Row]:
        """Claim up to `most` of the due rows under one token, in as many queries for one as for all."""
        pks = self._lease(self, token, seconds, most)
        return list(self.filter(pk__in=pks, lease_token=token)) if pks else []

    def _lease(self, rows: Self, token: uuid.UUID, seconds: float, most: int) -> list[int]:
        """Put the token on up to `most` of the due among the rows; return which may have got it.

        PostgreSQL passes over rows that somebody else is claiming or writing at this moment instead of waiting for
        them. Where a database has no such locks, the condition of the update alone decides who wins.
        """
        until = timezone.now() + timedelta(seconds=seconds)
        lease = {"lease_token": token, "lease_until": until, "lease_holder": holder.me()}
        due = rows.due().select_related(None)
        with self._passing_over_locks():
            if connections[self.db].features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            pks = list(due.values_list("pk", flat=True)[:most])
            won = pks and self.filter(pk__in=pks).due().order_by().update(**lease, attempts=F("attempts") + 1)
        return pks if won else []

    def _passing_over_locks(self) -> AbstractContextManager[None]:
        """A transaction where locks need one; without them, reading first must not keep others from writing."""
        locks = connections[self.db].features.has_select_for_update_skip_locked
        return transaction.atomic(self.db, savepoint=False) if locks else nullcontext()

    def renew_all(self, token: uuid.UUID, seconds: float) -> None:
        """Prolong every lease under the token to `seconds` from now."""
        self.filter(lease_token=token).update(lease_until=timezone.now() + timedelta(seconds=seconds))

    def free_orphans(self) -> None:
        """End the leases whose holders are known to be gone."""
        leases = self.filter(lease_until__gt=timezone.now()).values_list("pk", "lease_token", "lease_holder")
        for pk, token, name in leases:
            if holder.is_gone(name):
                self.filter(pk=pk, lease_token=token).update(lease_until=None)


def free_mine() -> None:
    """End the leases of this very process, which is known to be at work on nothing."""
    now = timezone.now()
    for model in apps.get_models():
        if issubclass(model, Leased) and holder.me():
            model._base_manager.filter(lease_holder=holder.me(), lease_until__gt=now).update(lease_until=None)


class Leased(models.Model):
    due_at = models.DateTimeField(null=True, blank=True, db_index=True, editable=False)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    lease_holder = models.CharField(max_length=120, blank=True, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    def held(self) -> models.QuerySet[Self]:
        """Return the row as a QuerySet that is empty once the lease is lost."""
        return type(self)._base_manager.filter(pk=self.pk, lease_token=self.lease_token, lease_token__isnull=False)

    def renew(self, seconds: float) -> bool:
        """Prolong the lease to `seconds` from now; False means it was lost and the holder must stop."""
        self.lease_until = timezone.now() + timedelta(seconds=seconds)
        return bool(self.held().update(lease_until=self.lease_until))

    def release(self, *, due_at: datetime | None = None, **changes: Any) -> bool:
        """Write `changes`, set when the row is due next (None: never) and give the lease back; False if it was lost."""
        values: dict[str, Any] = {"due_at": due_at, "lease_token": None, "lease_until": None, **changes}
        won = bool(self.held().update(**values))
        if won:
            for name, value in values.items():
                setattr(self, name, value)
        return won

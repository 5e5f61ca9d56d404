"""The wish to delete a model, the time in which it can be taken back, and what the provider said in the end."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from finetunes.models.model import Model
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class DeletionQuerySet(LeasedQuerySet["Deletion"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(model__organization=organization)

    def open(self) -> Self:
        """Neither taken back nor carried out."""
        return self.filter(restored_at=None, done_at=None)

    def for_pages(self) -> Self:
        return self.select_related("model__connection", "asked_by", "restored_by").order_by("hold_until", "pk")


class Deletion(Leased):
    """A model that is to be deleted at its provider. It is due when its hold ends, until the provider has agreed."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="deletions")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    reason = models.TextField()
    hold_until = models.DateTimeField()
    at_once = models.BooleanField(default=False)  # an owner did not want the hold
    # Since when the provider may have been told and nobody knows what came of it: from then on nothing is taken back.
    begun_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    trouble = models.JSONField(default=dict, blank=True)  # of the last attempt: {"kind", "words", "at"}; see trouble.py
    restored_at = models.DateTimeField(null=True, blank=True)
    restored_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    receipt = models.JSONField(default=dict, blank=True)  # {"status", "answer", "request_id"}: the provider's own

    objects = DeletionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["model"], condition=Q(restored_at=None, done_at=None), name="one_open_deletion_per_model"
            )
        ]

    def __str__(self) -> str:
        return str(self.model)

    @property
    def is_open(self) -> bool:
        return self.restored_at is None and self.done_at is None

    @property
    def is_held(self) -> bool:
        """Whether its time has not come yet."""
        return self.is_open and self.hold_until > timezone.now()

    @property
    def can_be_restored(self) -> bool:
        return self.is_open and self.begun_at is None

    @property
    def is_under_way(self) -> bool:
        """Whether the provider is being told, or will be in a moment."""
        return self.is_open and self.due_at is not None and self.due_at <= timezone.now()

    @property
    def was_gone(self) -> bool:
        """Whether the provider had no such model any more when it was told."""
        return bool(self.receipt.get("status") == 404)

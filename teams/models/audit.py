"""The record of what somebody did, as a chain: each entry holds the hash of the one before it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from teams.models.people import Organization, User


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def of(self, organization: Organization | None) -> Self:
        return self.filter(organization=organization) if organization else self.filter(organization__isnull=True)

    def in_chain(self, end: AuditChain) -> Self:
        return self.filter(organization=end.organization_id) if end.organization_id else self.of(None)

    def chained(self) -> Self:
        return self.filter(number__isnull=False)

    def search(self, words: str, also: Sequence[str] = ()) -> Self:
        """Find entries by words in who, what and the action; `also` are actions whose sentences have the words."""
        if not words:
            return self
        found = Q(action__icontains=words) | Q(target_name__icontains=words) | Q(actor_name__icontains=words)
        return self.filter(found | Q(action__in=also) if also else found)


class AuditEntry(models.Model):
    """One thing that somebody did. Written by teams.audit; the database itself refuses changes.

    Without an organization it is in the operator's chain. Without a number it was written by an older version while
    a newer one was set up, and is chained at the next look.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="audit_entries"
    )
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    # A number that stays when its person is gone: nothing else of an entry may change either.
    actor = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=60, blank=True)
    target_name = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)
    number = models.BigIntegerField(null=True, editable=False)
    previous = models.CharField(max_length=64, db_default="", editable=False)
    hash = models.CharField(max_length=64, db_default="", editable=False)
    # Of each part of teams.audit.chain.PARTS its salt (32 digits) or, once its words were removed, its seal (64).
    seals = models.CharField(max_length=200, db_default="", editable=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at"]),
            models.Index(fields=["organization", "action", "number"], name="audit_by_action"),
            models.Index(fields=["organization", "actor", "number"], name="audit_by_person"),
            models.Index(fields=["organization", "address", "number"], name="audit_by_address"),
            models.Index(fields=["organization", "target_type", "target_id", "number"], name="audit_by_target"),
            models.Index(fields=["organization"], name="audit_unchained", condition=Q(number__isnull=True)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "number"], name="audit_numbers_once"),
            models.UniqueConstraint(
                fields=["number"], name="audit_operator_numbers_once", condition=Q(organization__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_name}"

    @property
    def words(self) -> str:
        """The action as words: `fine-tune.created` is “fine-tune created”."""
        return self.action.replace(".", " ")

    @property
    def target_key(self) -> str:
        return f"{self.target_type}:{self.target_id}" if self.target_id else ""

    @property
    def details_text(self) -> str:
        return " · ".join(f"{key}: {_plain(value)}" for key, value in self.details.items() if value not in ("", None))


class AuditChain(models.Model):
    """Where the chain of one organization, or of the operator, ends. Its row is the lock of whoever adds to it."""

    OPERATOR = "operator"

    name = models.CharField(max_length=40, unique=True, help_text="the organization's id, or “operator”")
    organization = models.OneToOneField(Organization, on_delete=models.PROTECT, null=True, related_name="audit_chain")
    # Begins the chain, so that the chains of two organizations cannot stand for each other.
    origin = models.UUIDField(default=uuid.uuid4)
    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    last_at = models.DateTimeField(null=True)
    # Entries up to this one were removed as old; the hash of the last of them.
    trimmed_number = models.BigIntegerField(default=0)
    trimmed_hash = models.CharField(max_length=64, blank=True)
    verified_number = models.BigIntegerField(default=0)
    verified_hash = models.CharField(max_length=64, blank=True)
    verified_at = models.DateTimeField(null=True)
    trouble = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"


class AuditPermit(models.Model):
    """While a row is here, entries may be changed. It is never committed: whoever makes it takes it away again."""

    reason = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.reason


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

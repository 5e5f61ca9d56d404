"""What happened that people want to hear of, and every single message about it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.kinds import DEFAULT, Kind, Way
from teams.models import Organization, User
from work.encryption import EncryptedField
from work.lease import Leased, LeasedQuerySet

LOOKED_AT = 500


class Notification(Leased):
    """One thing that happened. It is due until it has been spread: to people's pages, and to deliveries."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(max_length=200)
    concerns = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    path = models.CharField(max_length=300)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LeasedQuerySet["Notification"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "key"], name="each_happening_is_announced_once")
        ]

    def __str__(self) -> str:
        return self.key


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def of(self, organization: Organization, user: User) -> Self:
        return self.filter(notification__organization=organization, user=user)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def for_lists(self) -> Self:
        return self.select_related("notification").order_by("-notification__created_at", "-pk")


class Receipt(models.Model):
    """A notification on one person's page."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="receipts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="receipts")
    read_at = models.DateTimeField(null=True, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["notification", "user"], name="each_person_is_told_once")]
        indexes: ClassVar = [models.Index(fields=["user"], condition=Q(read_at=None), name="receipt_unread")]

    def __str__(self) -> str:
        return f"{self.notification} for {self.user}"


class Preference(models.Model):
    """What one person wants to hear of, and how, in every organization."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preference")
    ways = models.JSONField(default=dict)  # {kind: [ways]}; a kind that is missing comes by all
    everybodys = models.BooleanField(_("fine-tunes of everybody"), default=False)

    def __str__(self) -> str:
        return f"preference of {self.user}"

    def by(self, kind: str) -> list[str]:
        chosen: list[str] | None = self.ways.get(kind)
        return list(DEFAULT) if chosen is None else [way for way in chosen if way in Way.values]


class HookQuerySet(models.QuerySet["Hook"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Hook(models.Model):
    """Another program that an organization's owners have told. Its address is a secret: whoever has it can write there."""

    class Style(models.TextChoices):
        STANDARD = "standard", _("Webhook (signed, JSON)")
        SLACK = "slack", _("Chat message (Slack’s incoming webhook, or one that takes the same)")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="hooks")
    name = models.CharField(_("name"), max_length=80)
    style = models.CharField(_("kind"), max_length=10, choices=Style, default=Style.STANDARD)
    url = EncryptedField()
    host = models.CharField(max_length=255)
    secret = EncryptedField(blank=True)
    kinds = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = HookQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name


class DeliveryQuerySet(LeasedQuerySet["Delivery"]):
    def next(self, most: int) -> list[int]:
        """Return the deliveries to begin now: `most` with those under way, and one at a time for each hook.

        So a receiver that is slow holds up neither the others nor the workers' other tasks.
        """
        under_way: list[int | None] = list(self.filter(lease_until__gt=timezone.now()).values_list("hook", flat=True))
        waiting = self.due().values_list("pk", "hook")[:LOOKED_AT]
        return list(_one_each(waiting, set(under_way) - {None}))[: max(0, most - len(under_way))]


def _one_each(rows: Iterable[tuple[int, int | None]], busy: set[int | None]) -> Iterable[int]:
    for pk, hook in rows:
        if hook is None or hook not in busy:
            busy.add(hook)
            yield pk


class Delivery(Leased):
    """A message on its way: an e-mail to one person, or a request to one hook."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, null=True, related_name="deliveries")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    said = models.CharField(max_length=200, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notification", "user"], condition=Q(user__isnull=False), name="one_mail_each"),
            models.UniqueConstraint(fields=["notification", "hook"], condition=Q(hook__isnull=False), name="one_call_each"),
            models.CheckConstraint(condition=Q(user=None) ^ Q(hook=None), name="to_a_person_or_a_hook"),
        ]

    def __str__(self) -> str:
        return f"{self.notification} to {self.user or self.hook}"

    @property
    def is_given_up(self) -> bool:
        return self.delivered_at is None and self.due_at is None

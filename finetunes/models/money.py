"""What an organization may spend, what each fine-tune costs, and who let it start."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Self

from django.db import models
from django.db.models import Case, F, Q, Sum, When
from django.utils.translation import gettext_lazy as _

from finetunes.models.fine_tune import FineTune
from finetunes.statuses import Status
from teams.models import Organization, User


class Budget(models.Model):
    """The limits that the owners have set. An organization without one has none."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="budget")
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    monthly_limit = models.DecimalField(_("monthly limit"), max_digits=14, decimal_places=2, null=True, blank=True)
    asks_over_limit = models.BooleanField(default=False)
    """Whether an owner is asked for what would pass the limit; otherwise it is refused."""
    approval_line = models.DecimalField(_("approval above"), max_digits=14, decimal_places=2, null=True, blank=True)
    asks_when_unknown = models.BooleanField(default=False)
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"budget of {self.organization}"


NOTHING_DUE = Q(fine_tune__status=Status.FAILED) | Q(fine_tune__status=Status.CANCELLED, fine_tune__remote_id="")
"""What no provider charges, unless it says otherwise itself."""


class ChargeQuerySet(models.QuerySet["Charge"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(charged_at__gte=start, charged_at__lt=end)

    def counting(self) -> Self:
        return self.exclude(Q(billed__isnull=True) & NOTHING_DUE)

    def total(self, currency: str) -> Decimal:
        """Add up what is known in this currency: the provider's figure, and the estimate as long as there is none."""
        counted = Case(
            When(billed_currency=currency, then=F("billed")),
            When(billed__isnull=True, currency=currency, then=F("estimated")),
        )
        found: Decimal | None = self.counting().aggregate(sum=Sum(counted))["sum"]
        return found or Decimal(0)

    def uncounted(self, currency: str) -> int:
        """How many have no figure in this currency."""
        known = Q(billed_currency=currency) | Q(billed__isnull=True, currency=currency, estimated__isnull=False)
        return self.counting().exclude(known).count()

    def open(self) -> Self:
        """Those of fine-tunes that have ended, as long as the provider's figure may still come."""
        return self.filter(settled_at__isnull=True, fine_tune__ended_at__isnull=False)


class Charge(models.Model):
    """What one fine-tune costs: the estimate as it stood at the start, and the provider's own figure afterwards."""

    class Source(models.TextChoices):
        PROVIDER = "provider"
        TOKENS = "tokens"

    fine_tune = models.OneToOneField(FineTune, on_delete=models.CASCADE, related_name="charge")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="charges")
    estimate = models.JSONField(default=dict, blank=True)  # as finetunes.forecast writes it
    estimated = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    billed = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    billed_currency = models.CharField(max_length=3, blank=True)
    billed_by = models.CharField(max_length=10, choices=Source, blank=True)
    charged_at = models.DateTimeField(null=True, blank=True)  # None as long as nobody has let it start
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "-charged_at"], name="charge_month"),
            models.Index(fields=["id"], condition=Q(settled_at=None), name="charge_open"),
        ]

    def __str__(self) -> str:
        return f"charge of {self.fine_tune}"


class Approval(models.Model):
    """An owner was asked whether a fine-tune may start, and what they said."""

    class Decision(models.TextChoices):
        NONE = "", _("Open")
        GIVEN = "given", _("Approved")
        DECLINED = "declined", _("Declined")

    fine_tune = models.OneToOneField(FineTune, on_delete=models.CASCADE, related_name="approval")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    because = models.JSONField(default=list)  # words of finetunes.spending.Reason
    why = models.TextField(blank=True)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.NONE, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ("-asked_at", "-pk")

    def __str__(self) -> str:
        return f"approval of {self.fine_tune}"

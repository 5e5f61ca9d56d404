"""Where fine-tunes run: one account at one provider."""

from __future__ import annotations

from typing import Any, ClassVar, Self, cast

import httpx
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openai_api import dialects
from openai_api.client import Client
from openai_api.dialects import Traits
from openai_api.types import DialectName
from teams.models import Organization, User
from work import outward, thread
from work.encryption import EncryptedField


def _no_key(_request: httpx.Request) -> httpx.Response:
    """Answer for a provider whose key is not here, as it is not for a connection that came with an archive."""
    words = _("This connection has no key. An owner can enter it on the connection’s page.")
    return httpx.Response(401, json={"error": {"message": str(words), "type": "invalid_request_error", "code": "no_key"}})


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def active(self) -> Self:
        return self.filter(archived_at__isnull=True)


class Connection(models.Model):
    class Dialect(models.TextChoices):
        JOBS = "jobs", _("Current OpenAI API (/v1/fine_tuning/jobs)")
        LEGACY = "legacy", _("Legacy OpenAI API (/v1/fine-tunes)")
        BOTH = "both", _("Both generations of the OpenAI API")
        AZURE = "azure", _("Azure OpenAI and Microsoft Foundry")
        NEBIUS = "nebius", _("Nebius Token Factory")
        TOGETHER = "together", _("Together AI")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="connections")
    name = models.CharField(_("name"), max_length=80)
    # Not a URLField: that one refuses the one-word host names of a company network.
    base_url = models.CharField(_("base URL"), max_length=300)
    dialect = models.CharField(_("dialect"), max_length=20, choices=Dialect, default=Dialect.JOBS)
    key = EncryptedField(_("API key"))
    api_version = models.CharField(_("API version"), max_length=40, blank=True)
    organization_header = models.CharField(_("organization header"), max_length=120, blank=True)
    prices = models.JSONField(_("prices of training"), default=dict, blank=True)  # {base: of a million tokens, as text}
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    price_dates = models.JSONField(default=dict, blank=True, editable=False)  # {base: the day it was written down, ISO}
    answer_prices = models.JSONField(_("prices of answers"), default=dict, blank=True)  # see connections.answering
    bills_validation = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    works = models.BooleanField(null=True, editable=False)
    # Set when the provider says that this account may not start fine-tunes (any more): a state, not an error.
    training_closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    training_closed_words = models.TextField(blank=True, editable=False)  # the provider's own
    # What an owner wrote about the bases, where the provider does not tell; see bases.py.
    known_bases = models.JSONField(_("base models"), default=dict, blank=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "pk")
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "name"], name="one_connection_per_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("connections:detail", args=[self.pk])

    @property
    def has_key(self) -> bool:
        """Whether a key is stored, readable or not. One that came with an archive has none until an owner enters it."""
        return bool(self.__dict__.get("key"))

    @property
    def traits(self) -> Traits:
        """What this provider has and what it lacks."""
        return dialects.traits(self.dialect)

    @property
    def may_train(self) -> bool:
        """Whether a fine-tune can be started here, as far as the provider has said."""
        return self.archived_at is None and self.training_closed_at is None

    def close_training(self, words: str) -> None:
        """Remember that the provider refuses to train for this account; the first time stays."""
        now = timezone.now()
        open_ones = Connection.objects.filter(pk=self.pk, training_closed_at=None)
        if open_ones.update(training_closed_at=now, training_closed_words=words):
            self.training_closed_at, self.training_closed_words = now, words

    def open_training(self) -> None:
        """Forget the refusal: a fine-tune was accepted, or an owner says that it is allowed again."""
        closed = Connection.objects.filter(pk=self.pk, training_closed_at__isnull=False)
        closed.update(training_closed_at=None, training_closed_words="")
        self.training_closed_at, self.training_closed_words = None, ""

    def dialect_for(self, model: str) -> DialectName:
        """Return the dialect in which a fine-tune on this base model is asked for; `both` is never the answer."""
        return dialects.for_model(cast(DialectName, self.dialect), model)

    def client(self, dialect: DialectName | None = None, **options: Any) -> Client:
        if not self.key:
            nowhere = httpx.MockTransport(_no_key)
            options = {"transport": nowhere, "async_transport": nowhere} | options
        patience = float(settings.PROVIDER_SECONDS)
        options.setdefault("transport", outward.transport())
        options.setdefault("async_transport", outward.async_transport)
        options.setdefault("before", thread.give_seat_back)
        options.setdefault("timeout", httpx.Timeout(connect=5.0, read=patience, write=patience, pool=5.0))
        return Client(
            base_url=self.base_url,
            key=self.key,
            dialect=dialect or cast(DialectName, self.dialect),
            organization=self.organization_header or None,
            api_version=self.api_version,
            account=str(self.pk or ""),
            **options,
        )

"""Fine-tuned models: what a fine-tune leaves behind."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.models import Connection
from datasets.models import Version
from finetunes.models.fine_tune import FineTune
from teams.models import Organization, User

NAMES = (
    "connection__name",
    "connection__dialect",
    "connection__base_url",
    "fine_tune__name",
    "version__number",
    "version__dataset__name",
    "deleted_by__name",
    "deleted_by__email",
)
"""How pages call what a model belongs to."""
ROW = ("name", "base_model", "created_at", "ready_at", "shutdown_date", "deletion_asked_at", "deleted_at", "deployment")


class ModelQuerySet(models.QuerySet["Model"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def kept(self) -> Self:
        """Neither deleted nor to be deleted."""
        return self.filter(deleted_at=None, deletion_asked_at=None)

    def gone(self) -> Self:
        """Deleted, or to be deleted: offered nowhere."""
        return self.filter(Q(deleted_at__isnull=False) | Q(deletion_asked_at__isnull=False))

    def usable(self, today: date | None = None) -> Self:
        """Kept and, as far as the provider said, not shut down: every choice of a model begins from these."""
        alive = Q(shutdown_date__isnull=True) | Q(shutdown_date__gte=today or timezone.localdate())
        return self.kept().filter(alive)

    def search(self, words: str) -> Self:
        places = ("name", "base_model", "fine_tune__name", "version__dataset__name")
        query = Q()
        for place in places:
            query |= Q(**{f"{place}__icontains": words})
        return self.filter(query)

    def for_lists(self) -> Self:
        related = self.select_related("connection", "fine_tune", "version__dataset", "deleted_by").defer("raw")
        return related.order_by("-created_at", "-pk")

    def light(self) -> Self:
        """For tables, of which a page has many: of each only what a row shows."""
        return self.for_lists().only(*ROW, *NAMES)

    def for_page(self) -> Self:
        """All of its own, and the names of what it belongs to."""
        return self.for_lists().only(*(field.name for field in Model._meta.concrete_fields), *NAMES)


class Model(models.Model):
    """A fine-tuned model that a provider holds. The record stays when the model is deleted."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="tuned_models")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="tuned_models")
    name = models.CharField(max_length=255)
    base_model = models.CharField(max_length=255)
    fine_tune = models.ForeignKey(FineTune, on_delete=models.PROTECT, null=True, blank=True, related_name="tuned_models")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, blank=True, related_name="tuned_models")
    created_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    shutdown_date = models.DateField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    # Set while a Deletion is open: written with it in one transaction, so that no list has to look there.
    deletion_asked_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    deployment = models.CharField(max_length=255, blank=True)  # what it answers to where it has to be deployed
    # From which probability on a label counts: {"label", "threshold", "evaluation"}; {}: the likeliest label does.
    threshold = models.JSONField(default=dict, blank=True)
    raw = models.JSONField(default=dict, blank=True)

    objects = ModelQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints: ClassVar = [models.UniqueConstraint(fields=["connection", "name"], name="one_model_per_name")]
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at", "-id"], name="model_list"),
            models.Index(fields=["organization", "shutdown_date"], name="model_shutdown"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("models:detail", args=[self.pk])

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_being_deleted(self) -> bool:
        """Whether it is to be deleted and is hidden meanwhile."""
        return self.deletion_asked_at is not None and not self.is_deleted

    @property
    def is_usable(self) -> bool:
        return not (self.is_deleted or self.is_being_deleted or self.is_shut_down)

    @property
    def is_shut_down(self) -> bool:
        return self.shutdown_date is not None and self.shutdown_date < timezone.localdate()

    @property
    def must_be_deployed(self) -> bool:
        """Whether it answers only once somebody has deployed it, and nobody has written down under which name."""
        return self.connection.traits.deploys and not self.deployment

    @property
    def answers_to(self) -> str:
        """The name that it is asked by."""
        return self.deployment or self.name

    @property
    def days_left(self) -> int | None:
        return (self.shutdown_date - timezone.localdate()).days if self.shutdown_date else None

    @property
    def state(self) -> tuple[str, str]:
        """Return the badge's class and its word."""
        if self.is_deleted:
            return "", _("Deleted")
        if self.is_being_deleted:
            return "bad", _("Being deleted")
        if self.is_shut_down:
            return "bad", _("Shut down")
        if self.ready_at is None:
            return "wait", _("Being made ready")
        if self.must_be_deployed:
            return "wait", _("To be deployed")
        return "good", _("Ready")

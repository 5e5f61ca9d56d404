"""A fine-tune: one job at a provider."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connections.models import Connection
from datasets.models import Dataset, Version
from finetunes import news
from finetunes.statuses import ENDED, MOVING, WAITING, Status, tone
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet

if TYPE_CHECKING:
    from openai_api.client import Client
    from openai_api.types import DialectName

NOTHING_WISHED = Q(cancel_requested_at__isnull=True) | Q(status=Status.CANCELLING) | Q(status__in=ENDED)
MOVES = Q(status__in=MOVING | WAITING | {Status.LOST_CONTACT, Status.UNKNOWN})
UNDECIDED = MOVES & Q(needs_decision=True, resend_requested_at=None, cancel_requested_at=None)
NAMES = (
    "connection__name",
    "connection__dialect",
    "training_version__number",
    "training_version__dataset__name",
    "started_by__name",
    "started_by__email",
)
"""How pages call what a fine-tune belongs to."""
EXAMPLES = ("training_version__training_rows", "training_version__validation_rows")
"""How many it learns from and is validated on: its own page says so, no row of a table does."""
ROW = (
    *NAMES,
    *("organization", "name", "base_model", "status", "provider_status", "error", "gone_at", "imported_at", "revision"),
    *("created_at", "remote_created_at", "started_at", "estimated_finish"),
    *("remote_id", "sent_at", "doubt_until", "cancel_requested_at", "resend_requested_at", "needs_decision", "trouble"),
    *("step", "total_steps", "epoch", "epochs", "resolved", "summary", "spark", "verdict"),
)
"""What a row of a table shows, and a card on home."""
WATCHED = timedelta(seconds=30)
"""So long after a sign of somebody who watches, it counts as watched."""


class FineTuneQuerySet(LeasedQuerySet["FineTune"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def for_lists(self) -> Self:
        """Newest first, with what a row of a list shows and without what only the detail page needs."""
        related = self.select_related("connection", "training_version__dataset", "started_by")
        return (
            related.annotate(error_kind=KT("error_raw__kind"))
            .defer("raw", "error_raw", "known_before", "checkpoints")
            .newest_first()
        )

    def light(self) -> Self:
        """For tables and cards, of which a page has many: each column that is read of a row costs as much as its cell."""
        return self.for_lists().only(*ROW)

    def for_page(self) -> Self:
        """All of its own and of its charge, the names of what it belongs to, and how many examples it learns from."""
        related = self.select_related("connection", "training_version__dataset", "started_by", "parent", "charge")
        charge = FineTune._meta.get_field("charge").related_model
        own = [field.name for field in FineTune._meta.concrete_fields]
        charged = [f"charge__{field.name}" for field in charge._meta.concrete_fields]
        return related.only(*own, *charged, *NAMES, *EXAMPLES, "parent__name")

    def moving(self) -> Self:
        return self.filter(MOVES)

    def undecided(self) -> Self:
        return self.filter(UNDECIDED)

    def ended(self) -> Self:
        return self.filter(status__in=ENDED)

    def search(self, words: str) -> Self:
        places = ("name", "base_model", "remote_id", "fine_tuned_model", "training_version__dataset__name")
        query = Q()
        for place in places:
            query |= Q(**{f"{place}__icontains": words})
        return self.filter(query)

    def to_poll(self) -> Self:
        """What the provider has, and what needs nothing but to be asked about."""
        return self.filter(NOTHING_WISHED).exclude(remote_id="")

    def to_advance(self) -> Self:
        """What is to be sent or cancelled."""
        return self.filter(Q(remote_id="") | ~NOTHING_WISHED)

    def wished(self) -> Self:
        """What somebody wants to have cancelled, and nobody has told the provider."""
        return self.exclude(NOTHING_WISHED)

    def watched(self, pks: Iterable[int]) -> None:
        """Note that somebody watches these for the moment; what moves is asked about sooner."""
        now = timezone.now()
        far = now + timedelta(seconds=5)
        hurried = Q(due_at__gt=far, failures=0, status__in=MOVING | WAITING)
        due_at = Case(When(hurried, then=Value(far)), default=F("due_at"))
        self.filter(pk__in=list(pks), settled_at=None).order_by().update(watched_until=now + WATCHED, due_at=due_at)

    def measured(self, connection: Connection, base_model: str | None = None) -> Self:
        """The newest finished fine-tunes on this connection (of this base) whose time is known."""
        known = self.filter(connection=connection, status=Status.SUCCEEDED, finished_at__gt=F("started_at"))
        if base_model is not None:
            known = known.filter(base_model=base_model)
        return known.for_lists()


class FineTune(Leased):
    """One job at a provider, from the intent to start it to its last result."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="fine_tunes")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="fine_tunes")
    dialect = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    base_model = models.CharField(max_length=255)
    parent = models.ForeignKey("Model", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    suffix = models.CharField(max_length=64, blank=True)
    # None for one that was started elsewhere and imported: which data it learned from, only its provider knows.
    training_version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, blank=True, related_name="fine_tunes")
    # What was made of the training file that was kept of an imported one.
    adopted = models.ForeignKey(Dataset, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    use_validation = models.BooleanField(default=True)
    hyperparameters = models.JSONField(default=dict, blank=True)
    seed = models.PositiveIntegerField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    integrations = models.JSONField(default=list, blank=True)
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="fine_tunes")
    created_at = models.DateTimeField(default=timezone.now)
    imported_at = models.DateTimeField(null=True, blank=True)

    # The intent: what makes it impossible to send it twice (see create.py).
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    doubt_until = models.DateTimeField(null=True, blank=True)
    known_before = models.JSONField(default=list, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    # While its outcome is unknown (see doubt.py).
    first_sent_at = models.DateTimeField(null=True, blank=True)
    last_words = models.TextField(blank=True)  # what came instead of an answer; empty after a crash
    denied_at = models.DateTimeField(null=True, blank=True)  # when the provider last said that it is not there
    denials = models.PositiveIntegerField(default=0)
    needs_decision = models.BooleanField(default=False)
    resend_requested_at = models.DateTimeField(null=True, blank=True)

    # What the provider said.
    status = models.CharField(max_length=20, choices=Status, default=Status.SENDING)
    provider_status = models.CharField(max_length=60, blank=True)
    remote_id = models.CharField(max_length=255, blank=True)
    training_file_id = models.CharField(max_length=255, blank=True)
    validation_file_id = models.CharField(max_length=255, blank=True)
    fine_tuned_model = models.CharField(max_length=255, blank=True)
    resolved = models.JSONField(default=dict, blank=True)
    result_files = models.JSONField(default=list, blank=True)
    file_names = models.JSONField(default=dict, blank=True)
    """What its provider calls the files that were not brought there from here, by id."""
    trained_tokens = models.BigIntegerField(null=True, blank=True)
    # In US dollars, where the provider itself says what it has billed.
    cost = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    estimated_finish = models.DateTimeField(null=True, blank=True)
    remote_created_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    error_raw = models.JSONField(default=dict, blank=True)
    raw = models.JSONField(default=dict, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)
    """Since when the provider has it no more."""

    # How far ingestion has come.
    answered_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    trouble = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    watched_until = models.DateTimeField(null=True, blank=True)
    last_event = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)
    step = models.PositiveBigIntegerField(null=True, blank=True)
    total_steps = models.PositiveBigIntegerField(null=True, blank=True)
    epoch = models.PositiveIntegerField(null=True, blank=True)
    epochs = models.PositiveIntegerField(null=True, blank=True)
    summary = models.JSONField(default=dict, blank=True)
    spark = models.JSONField(default=list, blank=True)
    # Of one that has ended: what its numbers come to (see judging.py), and the models kept on the way, {step, model}.
    verdict = models.JSONField(default=dict, blank=True)
    checkpoints = models.JSONField(default=list, blank=True)

    error_kind: str | None = None  # of one in a list, whose `error_raw` is left out

    objects = FineTuneQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("fine-tune")
        verbose_name_plural = gettext_lazy("fine-tunes")
        ordering = ("-created_at", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "remote_id"], condition=~Q(remote_id=""), name="one_fine_tune_per_remote_id"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at", "-id"], name="finetune_list"),
            models.Index(fields=["organization", "status", "-created_at"], name="finetune_list_by_status"),
            models.Index(fields=["connection", "base_model", "status"], name="finetune_speed"),
            # What live pages look for twice a second, among all that an organization ever had.
            models.Index(fields=["organization"], condition=Q(settled_at=None), name="finetune_unsettled"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("finetunes:detail", args=[self.pk])

    @property
    def status_label(self) -> str:
        """As Django's `get_status_display`, which puts all words together anew for each row of a list."""
        return str(Status(self.status).label)

    @property
    def tone(self) -> str:
        return tone(self.status)

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def starter(self) -> str:
        """Who started it, for people."""
        if self.started_by is not None:
            return str(self.started_by)
        return _("somebody elsewhere") if self.imported_at else "Tunedeck"

    @property
    def version(self) -> Version:
        """The data that it is started with. One that was imported has none, and is never sent."""
        if self.training_version is None:
            raise ValueError("An imported fine-tune has no data here.")
        return self.training_version

    @property
    def is_watched(self) -> bool:
        """Whether somebody has its page open."""
        return self.watched_until is not None and self.watched_until > timezone.now()

    @property
    def in_doubt(self) -> bool:
        """Whether it was sent and nobody knows yet whether it arrived."""
        return self.sent_at is not None and self.doubt_until is not None and not self.remote_id and not self.has_ended

    @property
    def awaits_decision(self) -> bool:
        """Whether a person has to say if it is sent again, and nobody has yet."""
        return self.needs_decision and self.in_doubt and not (self.resend_requested_at or self.cancel_requested_at)

    @property
    def was_turned_away(self) -> bool:
        """Whether the provider trains no more for this account: nothing was started, and it can be trained elsewhere."""
        if self.status != Status.FAILED:
            return False
        in_list = "error_raw" in self.get_deferred_fields()
        return (self.error_kind if in_list else self.error_raw.get("kind")) == "TrainingNotAvailable"

    @property
    def can_be_cancelled(self) -> bool:
        return not self.has_ended and self.cancel_requested_at is None

    def release(self, *, due_at: datetime | None = None, **changes: Any) -> bool:
        """As for every leased row; what people are told of is announced with it, or neither is written."""
        kind = news.kind_of(self, changes)
        if kind is None:
            return super().release(due_at=due_at, **changes)
        with transaction.atomic():
            won = super().release(due_at=due_at, **changes)
            if won:
                news.tell(kind, self)
        return won

    def client(self) -> Client:
        return self.connection.client(cast("DialectName", self.dialect))

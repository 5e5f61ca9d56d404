"""Uploaded sources and the immutable, prepared states made of them."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class Format(models.TextChoices):
    PROMPT_COMPLETION = "prompt-completion", _("Prompt and completion")
    CHAT = "chat", _("Chat")
    PREFERENCE = "preference", _("Preference")


class Task(models.TextChoices):
    CLASSIFICATION = "classification", _("Classification")
    GENERATION = "generation", _("Conditional generation")
    OPEN_ENDED = "open-ended", _("Open-ended generation")
    CHAT = "chat", _("Chat")
    PREFERENCE = "preference", _("Preference")


class DatasetQuerySet(LeasedQuerySet["Dataset"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def for_list(self) -> Self:
        """What a list shows: the latest version's number with it, the large columns left out."""
        newest = Version.objects.filter(dataset=models.OuterRef("pk")).order_by("-number")
        return (
            self.annotate(latest=models.Subquery(newest.values("number")[:1]))
            .select_related("created_by")
            .defer("layout", "findings", "decisions", "by_hand", "bad_rows", "numbers")
        )


class Dataset(Leased):
    """An uploaded source, its working copy, and what preparation found and decided.

    Three things can be asked of its worker, each a column that says so: `state` uploaded or reading asks for
    reading, `checked` behind `revision` asks for checks, `making` asks for a version. Every change that a person
    makes to the rows raises `revision`, so that an answer to an older question is never taken for the newest; `asks`
    counts every request, so that the worker never goes to sleep on one that came while it finished.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting to be read")
        READING = "reading", _("Reading")
        MAPPING = "mapping", _("Columns to choose")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Not readable")
        CANCELLED = "cancelled", _("Cancelled")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="datasets")
    name = models.CharField(_("name"), max_length=120)
    format = models.CharField(max_length=20, choices=Format, default=Format.PROMPT_COMPLETION)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    is_sample = models.BooleanField(default=False)
    key = models.UUIDField(default=uuid.uuid4, editable=False)  # names the folder of its files

    source = models.FileField(upload_to="datasets", max_length=200)
    filename = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)

    options = models.JSONField(default=dict)  # how a person wants it read; empty: as recognised
    layout = models.JSONField(default=dict)  # columns, sheets, notes, preview, the options used
    mapping = models.JSONField(default=dict)
    error = models.JSONField(null=True)  # a sentence, if state is failed or a version could not be made
    progress = models.FloatField(default=0)  # 0 to 1, of what the worker is doing

    rows = models.FileField(upload_to="datasets", max_length=200, blank=True)  # working copy: the examples as read
    row_count = models.PositiveIntegerField(default=0)
    bad_count = models.PositiveIntegerField(default=0)
    bad_rows = models.JSONField(default=list)  # the first ones
    bad_file = models.FileField(upload_to="datasets", max_length=200, blank=True)  # all of them, JSON Lines

    revision = models.PositiveIntegerField(default=1)
    decisions = models.JSONField(default=list)
    by_hand = models.JSONField(default=list)  # rows edited or excluded, which comes before all fixes: see datasets.amend
    asks = models.PositiveIntegerField(default=0)  # how often a person has asked the worker for something
    accept_recommended = models.BooleanField(default=False)
    accepting = models.CharField(max_length=254, blank=True)  # who asked for that
    checked = models.PositiveIntegerField(default=0)  # the revision that findings, numbers and prepared belong to
    findings = models.JSONField(default=list)
    numbers = models.JSONField(default=dict)
    task = models.CharField(max_length=20, choices=Task, blank=True)
    chosen_task = models.CharField(max_length=20, choices=Task, blank=True)  # by a person, instead of the inferred one
    open_count = models.PositiveIntegerField(default=0)  # findings that wait for a decision
    prepared = models.FileField(upload_to="datasets", max_length=200, blank=True)  # rows after the accepted fixes
    prepared_count = models.PositiveIntegerField(default=0)
    prepared_texts = models.FileField(upload_to="datasets", max_length=200, blank=True)  # their texts, for searching
    prepared_index = models.FileField(upload_to="datasets", max_length=200, blank=True)  # arrays: see datasets.index

    making = models.JSONField(null=True)  # the version asked for: share, at_most, seed, by, …
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("datasets:detail", args=[self.pk])

    @property
    def folder(self) -> str:
        return f"datasets/{self.key.hex}"

    @property
    def to_read(self) -> bool:
        return self.state in (self.State.UPLOADED, self.State.READING)

    @property
    def to_check(self) -> bool:
        return self.state == self.State.READY and self.checked != self.revision

    @property
    def to_make(self) -> bool:
        return self.state == self.State.READY and not self.to_check and self.making is not None

    @property
    def can_retry(self) -> bool:
        """Whether reading, or the checks of what was read, came to no end."""
        checkless = self.state == self.State.READY and not self.numbers and not self.busy
        return checkless or self.state in (self.State.FAILED, self.State.CANCELLED)

    @property
    def busy(self) -> bool:
        return self.to_read or self.to_check or self.to_make

    def ask(self, **changes: Any) -> bool:
        """Write what a person wants and make the dataset due; False if it has changed since it was loaded."""
        asked = {"asks": models.F("asks") + 1, "due_at": timezone.now(), "attempts": 0, "error": None, **changes}
        unchanged = Dataset.objects.filter(pk=self.pk, revision=self.revision, making__isnull=True)
        won = bool(unchanged.update(**asked))
        self.refresh_from_db()
        return won

    def ask_again(self, **changes: Any) -> bool:
        """The same for a change after which everything has to be checked again."""
        return self.ask(revision=models.F("revision") + 1, **changes)

    def settle(self) -> bool:
        """Give the lease back with nothing left to do; False if somebody asked for more meanwhile."""
        done = {"due_at": None, "lease_token": None, "lease_until": None, "attempts": 0}
        return bool(self.held().filter(asks=self.asks).update(**done))


class SavedRecipeQuerySet(models.QuerySet["SavedRecipe"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class SavedRecipe(models.Model):
    """Accepted fixes under a name, to be replayed on the next upload."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="recipes")
    name = models.CharField(_("name"), max_length=80)
    format = models.CharField(max_length=20, choices=Format)
    steps = models.JSONField(default=list)  # as datasets.recipe replays them
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedRecipeQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "name"], name="one_recipe_per_name")]

    def __str__(self) -> str:
        return self.name


class VersionQuerySet(models.QuerySet["Version"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(dataset__organization=organization)


class Version(models.Model):
    """One immutable, hashed, prepared state of a dataset: created once by datasets.version, never changed."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    format = models.CharField(max_length=20, choices=Format)
    training = models.FileField(upload_to="datasets", max_length=200)
    validation = models.FileField(upload_to="datasets", max_length=200, blank=True)
    training_sha256 = models.CharField(max_length=64)
    validation_sha256 = models.CharField(max_length=64, blank=True)
    evaluation = models.FileField(upload_to="datasets", max_length=200, blank=True)  # held out from both
    evaluation_sha256 = models.CharField(max_length=64, blank=True)
    sides = models.FileField(upload_to="datasets", max_length=200, blank=True)  # of each row: see datasets.sides
    training_rows = models.PositiveIntegerField()
    validation_rows = models.PositiveIntegerField(default=0)
    evaluation_rows = models.PositiveIntegerField(default=0)
    tokens = models.JSONField(default=dict)  # {encoding: {part: n, "longest": n, "answer": n}}
    task = models.CharField(max_length=20, choices=Task)
    separator = models.CharField(max_length=200, blank=True)
    ending = models.CharField(max_length=200, blank=True)
    labels = models.JSONField(default=list)  # as trained, most frequent first
    label_counts = models.JSONField(default=dict)
    system_message = models.TextField(blank=True)
    recipe = models.JSONField(default=list)
    split = models.JSONField(default=dict)  # share, at_most, seed, held_out, validation
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="children")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ("dataset", "-number")
        constraints: ClassVar = [models.UniqueConstraint(fields=["dataset", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return gettext("%(dataset)s v%(number)d") % {"dataset": self.dataset.name, "number": self.number}

    def get_absolute_url(self) -> str:
        return reverse("datasets:version", args=[self.dataset_id, self.number])

    @property
    def rows(self) -> int:
        return self.training_rows + self.validation_rows + self.evaluation_rows

    @property
    def is_classifier(self) -> bool:
        return self.task == Task.CLASSIFICATION

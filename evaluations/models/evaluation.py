"""What is asked: rows of a version that no model has learned from, or of a sheet that a person uploaded."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from datasets.models import Task, Version
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class EvaluationQuerySet(LeasedQuerySet["Evaluation"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Evaluation(Leased):
    """Questions, and which models they are put to. Due while its questions have to be read."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")  # a sheet whose columns a person has still to point at; nothing is asked
        READING = "reading", _("Reading the questions")
        READY = "ready", _("Ready")  # the questions are there; the runs say how far each model is
        FAILED = "failed", _("Not readable")

    class Part(models.TextChoices):
        EVALUATION = "evaluation", _("held out from training and validation")
        VALIDATION = "validation", _("validation")
        TRAINING = "training", _("training")

    class Known(models.TextChoices):
        """How an answer is kept to the known labels."""

        ANY = "", _("Any answer counts")
        BIAS = "bias", _("The provider may only answer with a label (logit bias)")
        NORMALIZE = "normalize", _("The likeliest of the labels counts, whatever was written")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="evaluations")
    name = models.CharField(_("name"), max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    error = models.JSONField(null=True, blank=True)  # a sentence, if state is failed
    folder_key = models.UUIDField(default=uuid.uuid4, editable=False)  # names the folder of its files

    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, blank=True, related_name="evaluations")
    part = models.CharField(max_length=10, choices=Part, blank=True)
    source = models.FileField(upload_to="evaluations", max_length=200, blank=True)  # the sheet, as it came
    filename = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)
    options = models.JSONField(default=dict, blank=True)  # how the sheet is read: datasets.formats.Options
    layout = models.JSONField(default=dict, blank=True)  # its columns in their order, sheets, notes, preview
    mapping = models.JSONField(default=dict, blank=True)  # {"prompt" or "template", "expected"}: names of columns

    task = models.CharField(max_length=20, choices=Task, blank=True)
    labels = models.JSONField(default=list, blank=True)  # without space around them; [] unless a classification
    at_most = models.PositiveIntegerField(null=True, blank=True)  # rows to take, spread evenly; None: all
    known = models.CharField(max_length=10, choices=Known, blank=True, default=Known.ANY)
    row_count = models.PositiveIntegerField(default=0)
    bad_rows = models.JSONField(default=list, blank=True)  # the first that could not be read, with reasons
    bad_count = models.PositiveIntegerField(default=0)

    again_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="again")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at"], name="evaluation_list")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("evaluations:detail", args=[self.pk])

    @property
    def folder(self) -> str:
        return f"evaluations/{self.folder_key.hex}"

    @property
    def is_classification(self) -> bool:
        return bool(self.labels)


class Question(models.Model):
    """One row: what is asked, and the answer that is expected."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="questions")
    number = models.PositiveIntegerField()  # its place among the questions, from 0
    thread = models.JSONField()  # [{"role", "content"}], without what a model's training adds to it
    expected = models.TextField(blank=True)  # without the ending of the training data; "" where none is known
    label = models.CharField(max_length=200, blank=True)  # the known label that is expected, in a classification
    cells = models.JSONField(default=list, blank=True)  # of the sheet's row, in the order of layout's columns

    class Meta:
        ordering = ("number",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["evaluation", "number"], name="one_question_per_place"),
        ]
        indexes: ClassVar = [models.Index(fields=["evaluation", "label"], name="question_label")]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """What the last turn asks, for people."""
        return str(self.thread[-1].get("content", "")) if self.thread else ""

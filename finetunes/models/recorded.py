"""What a model answered, kept for the day when it answers no more."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from finetunes.models.model import Model
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class RecordedAnswerQuerySet(LeasedQuerySet["RecordedAnswer"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(model__organization=organization)

    def answered(self) -> Self:
        return self.filter(answered_at__isnull=False)


class RecordedAnswer(Leased):
    """One question to one model: what was sent, what came, when. It is due until it is answered or refused."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="recorded")
    key = models.CharField(max_length=64)  # SHA-256 of the conversation: the same question to another model has the same
    thread = models.JSONField()  # [{"role", "content"}], without what a model's training adds to it
    expected = models.TextField(blank=True)  # the answer in the data, where it comes from data
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    request = models.JSONField(default=dict, blank=True)
    answer = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=60, blank=True)
    took = models.FloatField(null=True, blank=True)  # seconds
    answered_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    objects = RecordedAnswerQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["model", "key"], name="each_question_once_per_model")]

    def __str__(self) -> str:
        return self.question

    @property
    def question(self) -> str:
        """What the last turn asks, for people."""
        return str(self.thread[-1].get("content", "")) if self.thread else ""

    @property
    def is_right(self) -> bool | None:
        """Whether it is the answer in the data, but for space around it; None where there is none to hold it against."""
        return self.answer.strip() == self.expected.strip() if self.expected and self.answered_at else None

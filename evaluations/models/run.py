"""One model that is asked the questions of an evaluation."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from evaluations.models.evaluation import Evaluation
from finetunes.models import Model
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class RunQuerySet(LeasedQuerySet["Run"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(evaluation__organization=organization)


class Run(Leased):
    """A model's turn: due until every question has an answer, or a person or the provider has stopped it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")  # by a person; can be resumed
        STOPPED = "stopped", _("Stopped")  # by what the provider said; can be resumed

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="runs")
    key = models.CharField(max_length=300)  # as playground.pick writes it: "12" or "c3:davinci-002"
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="evaluation_runs")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, null=True, blank=True, related_name="evaluation_runs")
    name = models.CharField(max_length=255)  # as the provider knows it, when it was asked
    known = models.CharField(max_length=10, choices=Evaluation.Known, blank=True, default=Evaluation.Known.ANY)
    """How this model's answers are kept to the known labels: what was wished for, as far as this model can."""
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.TextField(blank=True)  # why it was stopped, or waits: the provider's own words
    done_count = models.PositiveIntegerField(default=0)  # answers, of which
    problem_count = models.PositiveIntegerField(default=0)  # had no answer after all attempts
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    tried = models.JSONField(default=dict, blank=True)  # {question: attempts} of rows that wait for another one
    asking_seconds = models.FloatField(default=0)  # its share of the time spent asking at its connection
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    scores = models.JSONField(default=dict, blank=True)  # as evaluations.score writes them
    scored_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["evaluation", "key"], name="each_model_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

"""One prompt to several models at once, and what people thought of the answers without knowing whose they were."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from finetunes.models import Model
from teams.models import Organization, User
from work.lease import Leased, LeasedQuerySet


class TrialQuerySet(models.QuerySet["Trial"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def seen_by(self, person: User) -> Self:
        """What was asked openly is a person's own; a blind trial is for everybody to vote on."""
        return self.filter(Q(person=person) | Q(blind=True))


class Trial(models.Model):
    """What one press of a button asked: some prompts, each to the same models."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    token = models.UUIDField(editable=False)  # of the form and what it said: a second press asks nothing again
    keys = models.JSONField()  # of the models, in the order of the columns: see playground.pick
    settings = models.JSONField(default=dict)  # that hold for all: {"n", "temperature", "max_tokens"}, those given
    blind = models.BooleanField(default=False)
    live = models.BooleanField(default=False)  # the browser listens to each answer; otherwise a worker asks
    created_at = models.DateTimeField(default=timezone.now)

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "person", "token"], name="asked_once")]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="trial_age")]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("playground:trial", args=[self.pk])

    @property
    def first(self) -> Round | None:
        """The first prompt; read from what was fetched before, for lists."""
        return next(iter(self.rounds.all()), None)


class Round(models.Model):
    """One prompt of a trial."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="rounds")
    place = models.PositiveSmallIntegerField()  # from 1
    thread = models.JSONField()  # [{"role", "content"}], without what a model's training adds to it
    expected = models.TextField(blank=True)  # the answer in the data, where the prompt comes from data

    class Meta:
        ordering = ("trial", "place")
        constraints: ClassVar = [models.UniqueConstraint(fields=["trial", "place"], name="rounds_in_order")]

    def __str__(self) -> str:
        return self.question

    def get_absolute_url(self) -> str:
        return reverse("playground:round", args=[self.trial_id, self.place])

    @property
    def question(self) -> str:
        """What the last turn asks, for people."""
        return str(self.thread[-1].get("content", "")) if self.thread else ""

    @property
    def before(self) -> list[dict[str, Any]]:
        """What was said before the question."""
        return list(self.thread[:-1])


class SideQuerySet(LeasedQuerySet["Side"]):
    def for_workers(self) -> Self:
        return self.filter(round__trial__live=False)


class Side(Leased):
    """One model's answer in a round. It is due until it has ended: answered, refused or stopped."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="sides")
    place = models.PositiveSmallIntegerField()  # from 1, as it is shown: shuffled where the round is blind
    key = models.CharField(max_length=300)
    name = models.CharField(max_length=255)  # that the model was asked by
    connection = models.ForeignKey(Connection, on_delete=models.SET_NULL, null=True, related_name="+")
    model = models.ForeignKey(Model, on_delete=models.SET_NULL, null=True, related_name="+")
    request = models.JSONField(default=dict)  # exactly what was sent, which never holds a key
    samples = models.JSONField(default=list)  # [{"text", "finish_reason"}, …]
    told = models.JSONField(default=dict)  # what the page said of the end: see playground.tell.end
    problem = models.JSONField(default=dict)  # why there is no answer, as the page said it: {"sentence", "advice", "words"}
    stopped = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    objects = SideQuerySet.as_manager()

    class Meta:
        ordering = ("round", "place")
        constraints: ClassVar = [models.UniqueConstraint(fields=["round", "place"], name="sides_in_order")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_answered(self) -> bool:
        return self.ended_at is not None and not self.problem and not self.stopped

    @property
    def text(self) -> str:
        """The first sample."""
        return str(self.samples[0]["text"]) if self.samples else ""


class Vote(models.Model):
    """What one person thought of one blind round."""

    class Verdict(models.TextChoices):
        BEST = "best"
        TIE = "tie"
        BAD = "bad"  # all of them

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="votes")
    person = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    verdict = models.CharField(max_length=4, choices=Verdict)
    winner = models.ForeignKey(Side, on_delete=models.CASCADE, null=True, related_name="+")  # of BEST alone
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "person"], name="one_vote_each"),
            models.CheckConstraint(
                condition=Q(verdict="best", winner__isnull=False) | (~Q(verdict="best") & Q(winner__isnull=True)),
                name="the_best_has_a_name",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-created_at", "-id"], name="vote_list")]

    def __str__(self) -> str:
        return f"{self.verdict}"

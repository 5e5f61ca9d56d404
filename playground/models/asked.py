"""A question that somebody asked in the playground, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from finetunes.models import Model
from teams.models import Organization, User

LONGEST_TITLE = 120


class AskedQuerySet(models.QuerySet["Asked"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def by(self, person: User) -> Self:
        """A history is a person's own: nobody else sees it."""
        return self.filter(person=person)

    def search(self, words: str) -> Self:
        return self.filter(Q(question__icontains=words) | Q(answer__icontains=words))

    def before(self, moment: datetime) -> Self:
        return self.filter(asked_at__lt=moment)


class Asked(models.Model):
    """One question to one model: what was entered, what was sent, what came. Written when it is sent, and at its end."""

    class State(models.TextChoices):
        ASKING = "asking", _("No end seen")
        ANSWERED = "answered", _("Answered")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("No answer")

    class Verdict(models.TextChoices):
        NONE = "", _("Not judged")
        GOOD = "good", _("Good")
        BAD = "bad", _("Not good")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.SET_NULL, null=True, related_name="+")
    model = models.ForeignKey(Model, on_delete=models.SET_NULL, null=True, related_name="+")
    key = models.CharField(max_length=300)  # of the picked model: see playground.pick
    name = models.CharField(max_length=255)  # that it was asked by
    format = models.CharField(max_length=20)
    entered = models.JSONField(default=dict)  # the form as it was sent: {field: [value, …]}
    request = models.JSONField(default=dict)  # exactly what was sent, which never holds a key
    question = models.TextField()  # the prompt, or the last message, for people
    state = models.CharField(max_length=10, choices=State, default=State.ASKING)
    samples = models.JSONField(default=list)  # [{"text", "finish_reason"}, …]
    answer = models.TextField(blank=True)  # the first sample's text
    problem = models.TextField(blank=True)  # why there is no answer, as the page said it
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    took = models.FloatField(null=True)  # seconds
    verdict = models.CharField(max_length=4, choices=Verdict, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)

    objects = AskedQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-pk")
        indexes: ClassVar = [
            models.Index(fields=["person", "organization", "-asked_at", "-id"], name="history_list"),
            models.Index(fields=["asked_at"], name="history_age"),
        ]

    def __str__(self) -> str:
        title = " ".join(self.question[: 4 * LONGEST_TITLE].split())
        return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"

    def get_absolute_url(self) -> str:
        return reverse("playground:asked", args=[self.pk])

    @property
    def is_chat(self) -> bool:
        return "messages" in self.request

    @property
    def thread(self) -> list[dict[str, Any]]:
        """The conversation without the system message; of a prompt, one message."""
        if not self.is_chat:
            return [{"role": "user", "content": str(self.request.get("prompt", ""))}]
        return [message for message in self.request["messages"] if message.get("role") != "system"]

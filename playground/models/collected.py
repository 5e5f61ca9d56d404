"""An answer that is good as it is, or was corrected: an example for a dataset's next version."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone

from datasets.models import Dataset
from playground.models.asked import Asked
from teams.models import Organization, User


class CollectedQuerySet(models.QuerySet["Collected"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Collected(models.Model):
    """A question without what a model's training adds to it, and the answer to learn.

    Which versions hold it is theirs to say (`Version.split`, by token); a dataset was made of it if `in_source`.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.SET_NULL, null=True, related_name="+")  # None: a new one
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    thread = models.JSONField()  # [{"role", "content"}, …], the question last
    answer = models.TextField()
    said = models.TextField(blank=True)  # the model's own answer
    model_name = models.CharField(max_length=255, blank=True)
    asked = models.OneToOneField(Asked, on_delete=models.SET_NULL, null=True, related_name="collected")
    in_source = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = CollectedQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes: ClassVar = [models.Index(fields=["organization", "dataset", "-created_at"], name="collected_list")]

    def __str__(self) -> str:
        return self.question[:120]

    @property
    def question(self) -> str:
        """What the last turn asks, for people."""
        return str(self.thread[-1].get("content", "")) if self.thread else ""

    @property
    def before(self) -> list[dict[str, Any]]:
        """What was said before the question."""
        return list(self.thread[:-1])

    @property
    def is_corrected(self) -> bool:
        return self.answer.strip() != self.said.strip()

"""What a model said to a question."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from evaluations.models.evaluation import Question
from evaluations.models.run import Run
from teams.models import Organization


class AnswerQuerySet(models.QuerySet["Answer"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(run__evaluation__organization=organization)


class Answer(models.Model):
    """One answer, written once and paid once; a problem instead of a text after the last attempt."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="answers")
    request = models.JSONField(default=dict, blank=True)  # exactly what was sent
    text = models.TextField(blank=True)  # as it came
    label = models.CharField(max_length=200, blank=True)  # the known label that counts; "" for none of them
    probabilities = models.JSONField(default=dict, blank=True)  # {label: probability as reported}; {} if unknown
    right = models.BooleanField(null=True)  # None where no answer is expected
    quality = models.FloatField(null=True, blank=True)  # 0 to 1, to sort by: of the expected label, or of the text
    finish_reason = models.CharField(max_length=60, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    took = models.FloatField(null=True, blank=True)  # seconds
    attempts = models.PositiveSmallIntegerField(default=1)
    problem = models.TextField(blank=True)
    answered_at = models.DateTimeField()

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ("question__number",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "question"], name="each_row_once_per_model")]
        indexes: ClassVar = [
            models.Index(fields=["run", "label"], name="answer_label"),
            models.Index(fields=["run", "quality"], name="answer_quality"),
        ]

    def __str__(self) -> str:
        return self.text

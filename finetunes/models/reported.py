"""What a provider reported about a fine-tune: events, result files, series."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from finetunes.models.fine_tune import FineTune


class EventQuerySet(models.QuerySet["Event"]):
    def lines(self) -> Self:
        """What pages show of an event, which is neither the provider's own object nor what it measured."""
        return self.only("fine_tune", "ordinal", "created_at", "level", "type", "message")


class Event(models.Model):
    """One line that the provider reported; the ordinal is its place in the order in which it came."""

    fine_tune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="events")
    ordinal = models.PositiveIntegerField()
    key = models.CharField(max_length=255)
    created_at = models.DateTimeField(null=True, blank=True)
    level = models.CharField(max_length=20, blank=True)
    type = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    metrics = models.JSONField(null=True, blank=True)
    raw = models.JSONField(default=dict, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ("ordinal",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fine_tune", "key"], name="each_event_once"),
            models.UniqueConstraint(fields=["fine_tune", "ordinal"], name="one_event_per_place"),
        ]

    def __str__(self) -> str:
        return self.message


class ResultFile(models.Model):
    """A result file as it came; its name at the provider is only shown, never a path."""

    fine_tune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="files")
    remote_id = models.CharField(max_length=255)
    content = models.FileField(upload_to="results", max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["fine_tune", "remote_id"], name="each_result_file_once")]

    def __str__(self) -> str:
        return self.remote_id


class Span(models.Model):
    """A stretch of one metric, packed as finetunes.spans says. The columns that are read most come before the large ones."""

    fine_tune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="spans")
    name = models.CharField(max_length=200)
    number = models.BigIntegerField()  # its steps are those from number * WIDTH on
    count = models.PositiveIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    stride = models.PositiveBigIntegerField()  # 0: the steps are listed
    form = models.CharField(max_length=2)
    outline = models.BinaryField(blank=True)  # empty where the points are few
    steps = models.BinaryField(blank=True)
    values = models.BinaryField()

    class Meta:
        ordering = ("name", "number")
        constraints: ClassVar = [models.UniqueConstraint(fields=["fine_tune", "name", "number"], name="each_stretch_once")]

    def __str__(self) -> str:
        return self.name

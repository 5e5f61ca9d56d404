"""What a provider reported about a fine-tune: events, result files, series."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from finetunes.models.fine_tune import FineTune


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


class Series(models.Model):
    """A span of one metric: ascending steps (little-endian int64) and their values (float64).

    A series is cut into spans of equal width, so that a long one can be read and written by range.
    """

    fine_tune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="series")
    name = models.CharField(max_length=200)
    span = models.BigIntegerField()
    steps = models.BinaryField()
    values = models.BinaryField()

    class Meta:
        ordering = ("name", "span")
        constraints: ClassVar = [models.UniqueConstraint(fields=["fine_tune", "name", "span"], name="each_span_once")]

    def __str__(self) -> str:
        return self.name

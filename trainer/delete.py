"""Delete what clients no longer want. The record stays, the content goes."""

from __future__ import annotations

import shutil

from django.utils import timezone

from trainer import finish
from trainer.models import File, Model


def model(target: Model) -> None:
    Model.objects.kept().filter(pk=target.pk).update(deleted_at=timezone.now())
    shutil.rmtree(target.path, ignore_errors=True)


def file(target: File) -> None:
    """Delete a file; a job that still reads it may finish first."""
    File.objects.kept().filter(pk=target.pk).update(deleted_at=timezone.now())
    finish.forget(target)

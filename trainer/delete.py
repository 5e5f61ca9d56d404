"""Delete what clients no longer want. The record stays, the content goes."""

from __future__ import annotations

import logging
import shutil

from django.utils import timezone

from trainer import finish
from trainer.models import File, Model
from trainer.models.place import folder

log = logging.getLogger(__name__)


def model(target: Model) -> None:
    Model.objects.kept().filter(pk=target.pk).update(deleted_at=timezone.now())
    shutil.rmtree(target.path, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of deleted models that are still there: a process died, or the disk refused."""
    place = folder() / "models"
    there = {one.name for one in place.iterdir()} if place.is_dir() else set()
    deleted = Model.objects.filter(deleted_at__isnull=False).values_list("folder_name", flat=True)
    for name in there.intersection(deleted) - set(Model.objects.kept().values_list("folder_name", flat=True)):
        try:
            shutil.rmtree(place / name)
        except OSError as error:
            log.warning("the files of a deleted model cannot be removed: %s", error)


def file(target: File) -> None:
    """Delete a file; a job that still reads it may finish first."""
    File.objects.kept().filter(pk=target.pk).update(deleted_at=timezone.now())
    finish.forget(target)

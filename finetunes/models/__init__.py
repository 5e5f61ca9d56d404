"""Fine-tunes, what was uploaded for them, what the provider reported about them, and their models."""

from __future__ import annotations

from finetunes.models.fine_tune import FineTune, FineTuneQuerySet
from finetunes.models.model import Model, ModelQuerySet
from finetunes.models.reported import Event, ResultFile, Series
from finetunes.models.upload import Upload, UploadQuerySet

__all__ = [
    "Event",
    "FineTune",
    "FineTuneQuerySet",
    "Model",
    "ModelQuerySet",
    "ResultFile",
    "Series",
    "Upload",
    "UploadQuerySet",
]

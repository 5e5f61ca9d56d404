"""Fine-tunes, what was uploaded for them, what the provider reported about them, and their models."""

from __future__ import annotations

from finetunes.models.archive import Archive, ArchiveQuerySet, KeptFile
from finetunes.models.deletion import Deletion, DeletionQuerySet
from finetunes.models.fine_tune import FineTune, FineTuneQuerySet
from finetunes.models.inventory import Elsewhere, Inventory, InventoryQuerySet, Polling, PollingQuerySet
from finetunes.models.model import Model, ModelQuerySet
from finetunes.models.money import Approval, Budget, Charge
from finetunes.models.recorded import RecordedAnswer, RecordedAnswerQuerySet
from finetunes.models.reported import Event, ResultFile, Span
from finetunes.models.tracking import Sending, SendingQuerySet, Tracker, TrackerQuerySet
from finetunes.models.upload import Leftover, Upload, UploadQuerySet

__all__ = [
    "Approval",
    "Archive",
    "ArchiveQuerySet",
    "Budget",
    "Charge",
    "Deletion",
    "DeletionQuerySet",
    "Elsewhere",
    "Event",
    "FineTune",
    "FineTuneQuerySet",
    "Inventory",
    "InventoryQuerySet",
    "KeptFile",
    "Leftover",
    "Model",
    "ModelQuerySet",
    "Polling",
    "PollingQuerySet",
    "RecordedAnswer",
    "RecordedAnswerQuerySet",
    "ResultFile",
    "Sending",
    "SendingQuerySet",
    "Span",
    "Tracker",
    "TrackerQuerySet",
    "Upload",
    "UploadQuerySet",
]

"""What the trainer keeps: who may call it, files, jobs with their events and who is told of them, and models."""

from __future__ import annotations

from trainer.models.callers import Key, Organization, Role
from trainer.models.files import File, Part, Upload, UploadStatus
from trainer.models.hooks import Delivery, Endpoint
from trainer.models.jobs import UNFINISHED, Event, Generation, Job, JobQuerySet, Pair, Status
from trainer.models.made import Checkpoint, Model, Permission

__all__ = [
    "UNFINISHED",
    "Checkpoint",
    "Delivery",
    "Endpoint",
    "Event",
    "File",
    "Generation",
    "Job",
    "JobQuerySet",
    "Key",
    "Model",
    "Organization",
    "Pair",
    "Part",
    "Permission",
    "Role",
    "Status",
    "Upload",
    "UploadStatus",
]

"""How things look on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from trainer import bases, retire
from trainer.bases import Base
from trainer.models import Checkpoint, Event, File, Job, Model, Part, Permission, Status, Upload, UploadStatus

JSON = dict[str, Any]
LEGACY_STATUS = {Status.VALIDATING: "pending", Status.QUEUED: "pending"}
CLASSIFICATION = ("classification_n_classes", "classification_positive_class", "classification_betas")
SUPERVISED = ("n_epochs", "batch_size", "learning_rate_multiplier")


def seconds(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None


def listed(data: list[JSON], **more: Any) -> JSON:
    return {"object": "list", "data": data, **more}


def file(file: File) -> JSON:
    shape = {
        "id": file.public_id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": seconds(file.created_at),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "deleted" if file.deleted_at else "processed",
        "status_details": None,
    }
    return {**shape, "expires_at": seconds(file.expires_at)} if file.expires_at else shape


def upload(upload: Upload) -> JSON:
    return {
        "id": upload.public_id,
        "object": "upload",
        "bytes": upload.bytes,
        "created_at": seconds(upload.created_at),
        "filename": upload.filename,
        "purpose": upload.purpose,
        "status": upload_status(upload),
        "expires_at": seconds(upload.expires_at),
        "file": file(upload.file) if upload.file else None,
    }


def upload_status(upload: Upload) -> str:
    """Return the status as it is now: the hour may be over before anybody noted it."""
    if upload.status == UploadStatus.PENDING and upload.expires_at <= timezone.now():
        return UploadStatus.EXPIRED.value
    return upload.status


def part(part: Part) -> JSON:
    return {
        "id": part.public_id,
        "object": "upload.part",
        "created_at": seconds(part.created_at),
        "upload_id": part.upload.public_id,
    }


def legacy_job(job: Job) -> JSON:
    return {
        "id": job.public_id,
        "object": "fine-tune",
        "model": job.starting_model,
        "created_at": seconds(job.created_at),
        "updated_at": seconds(job.updated_at),
        "status": LEGACY_STATUS.get(Status(job.status), job.status),
        "fine_tuned_model": job.fine_tuned_model.name if job.fine_tuned_model else None,
        "organization_id": job.organization.public_id,
        "hyperparams": legacy_hyperparameters(job.hyperparameters),
        "training_files": [file(job.training_file)],
        "validation_files": [file(job.validation_file)] if job.validation_file else [],
        "result_files": [file(job.result_file)] if job.result_file else [],
    }


def legacy_hyperparameters(values: JSON) -> JSON:
    """Return them with the classification options only where they were set."""
    shape = {name: values.get(name) for name in (*SUPERVISED, "prompt_loss_weight")}
    if values.get("compute_classification_metrics"):
        shape["compute_classification_metrics"] = True
    return {**shape, **{name: values[name] for name in CLASSIFICATION if values.get(name) is not None}}


def legacy_event(event: Event) -> JSON:
    return {
        "object": "fine-tune-event",
        "created_at": seconds(event.created_at),
        "level": event.level,
        "message": event.message,
    }


def job(job: Job) -> JSON:
    hyperparameters = {name: job.hyperparameters[name] for name in SUPERVISED}
    failed = {"code": job.error_code, "message": job.error_message, "param": job.error_param or None}
    return {
        "id": job.public_id,
        "object": "fine_tuning.job",
        "created_at": seconds(job.created_at),
        "finished_at": seconds(job.finished_at),
        "model": job.starting_model,
        "fine_tuned_model": job.fine_tuned_model.name if job.fine_tuned_model else None,
        "organization_id": job.organization.public_id,
        "status": job.status,
        "training_file": job.training_file.public_id,
        "validation_file": job.validation_file.public_id if job.validation_file else None,
        "result_files": [job.result_file.public_id] if job.result_file else [],
        "hyperparameters": hyperparameters,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
        "trained_tokens": job.trained_tokens,
        "estimated_finish": seconds(job.estimated_finish),
        "error": failed if job.error_code else None,
        "seed": job.seed,
        "user_provided_suffix": job.suffix or None,
        "integrations": job.integrations or [],
        "metadata": job.metadata,
    }


def event(event: Event) -> JSON:
    return {
        "id": event.public_id,
        "object": "fine_tuning.job.event",
        "created_at": seconds(event.created_at),
        "level": event.level,
        "message": event.message,
        "type": event.type,
        "data": event.data,
    }


def checkpoint(checkpoint: Checkpoint) -> JSON:
    return {
        "id": checkpoint.public_id,
        "object": "fine_tuning.job.checkpoint",
        "created_at": seconds(checkpoint.created_at),
        "fine_tuned_model_checkpoint": checkpoint.model.name,
        "fine_tuning_job_id": checkpoint.job.public_id,
        "step_number": checkpoint.step,
        "metrics": checkpoint.metrics,
    }


def permission(permission: Permission) -> JSON:
    return {
        "id": permission.public_id,
        "object": "checkpoint.permission",
        "created_at": seconds(permission.created_at),
        "project_id": permission.organization.public_id,
    }


def base(base: Base) -> JSON:
    return {
        "id": base.name,
        "object": "model",
        "created": bases.CREATED,
        "owned_by": bases.OWNER,
        "description": bases.DESCRIPTION,
        "permission": [],
        "root": base.name,
        "parent": None,
        "shutdown_date": retire.day(base),
    }


def model(model: Model) -> JSON:
    return {
        "id": model.name,
        "object": "model",
        "created": seconds(model.created_at),
        "owned_by": model.organization.slug,
        "permission": [],
        "root": model.base_name,
        "parent": model.parent_name,
        "shutdown_date": retire.day(model.base),
    }

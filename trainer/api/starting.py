"""What both generations of jobs have in common: the files and the model that a new job starts with."""

from __future__ import annotations

import logging
from typing import Any

from trainer import bases, create, retire, tasks
from trainer.api import ask
from trainer.api.door import Call
from trainer.api.envelope import BadRequest, Conflict
from trainer.api.models import check_served
from trainer.bases import BASES, Base
from trainer.create import Wish
from trainer.examples import CHAT, PREFERENCE, PROMPT_COMPLETION
from trainer.models import File, Generation, Job, Model
from trainer.upload import TRAINING

log = logging.getLogger(__name__)

LONGEST_KEY = 255


def start(call: Call, **values: Any) -> Job:
    """Create the job, or find the one that the same request made before, and have its files checked."""
    wish = Wish(organization=call.organization, request_sha256=ask.fingerprint(call), idempotency_key=_key(call), **values)
    try:
        job = create.create(wish)
    except create.KeyReused:
        raise Conflict(
            "This Idempotency-Key was used for a different request. Send another key, or the same request.",
            code="idempotency_key_reused",
        ) from None
    tasks.soon(tasks.check, job.pk)
    return job


def base_and_parent(call: Call, name: str, generation: Generation) -> tuple[Base, Model | None]:
    """Return the base of a base model or of one of the organization's own models."""
    if (base := BASES.get(name)) and base.generation == generation:
        check_served(base, name)
        return base, None
    parent = Model.objects.of(call.organization).kept().filter(name=name).first()
    if parent is not None and parent.base.generation == generation:
        check_served(parent.base, name)
        return parent.base, parent
    raise BadRequest(
        f"Invalid base model: {name} (model must be one of {', '.join(_offered(generation))}) "
        f"or a fine-tuned model created by your organization: {call.organization.public_id}",
        param="model",
        code="model_not_available",
    )


def _offered(generation: Generation) -> list[str]:
    return [name for name in bases.names(generation) if not retire.is_over(BASES[name])]


def training_files(call: Call, asked: Any, base: Base) -> dict[str, File | None]:
    validation = asked.validation_file
    return {
        "training_file": _file(call, asked.training_file, "training_file", base),
        "validation_file": _file(call, validation, "validation_file", base) if validation else None,
    }


def _file(call: Call, file_id: str, param: str, base: Base) -> File:
    file = File.objects.of(call.organization).kept().filter(public_id=file_id).first()
    if file is None:
        raise BadRequest(f"Invalid {param}: {file_id}. There is no such file.", param=param, code="file_not_found")
    if file.purpose != TRAINING:
        raise BadRequest(
            f"Invalid {param}: {file_id} has the purpose '{file.purpose}', and must have '{TRAINING}'.",
            param=param,
            code="invalid_file_purpose",
        )
    _check_format(file, param, base)
    return file


def _check_format(file: File, param: str, base: Base) -> None:
    if file.format == PREFERENCE:
        raise BadRequest(
            f"{file.public_id} holds preference data, and this trainer trains by supervised fine-tuning only.",
            param=param,
            code="invalid_file_format",
        )
    needed = CHAT if base.chat else PROMPT_COMPLETION
    if file.format != needed:
        raise BadRequest(
            f"{file.public_id} holds {file.format} examples, and {base.name} learns from {needed} examples only.",
            param=param,
            code="invalid_file_format",
        )


def _key(call: Call) -> str | None:
    key = call.headers.get("Idempotency-Key") or None
    if key is not None and len(key) > LONGEST_KEY:
        raise BadRequest(f"An Idempotency-Key may have at most {LONGEST_KEY} characters.", code="invalid_idempotency_key")
    return key

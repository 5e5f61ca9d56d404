"""Create a job: the row and the first lines of its story, in one transaction.

A caller that sends an idempotency key may send the same request again within a day and gets the same job.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from trainer import ids, wording
from trainer.models import Event, File, Generation, Job, Model, Organization, Pair

KEY_HOURS = 24
LARGEST_SEED = 2**31 - 1


class KeyReused(Exception):
    """The idempotency key belongs to another request."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a caller asked for, checked."""

    organization: Organization
    generation: Generation
    base_name: str
    parent: Model | None
    training_file: File
    validation_file: File | None
    hyperparameters: dict[str, Any]
    suffix: str
    request_sha256: str
    seed: int | None = None
    integrations: list[Any] | None = None
    metadata: dict[str, str] | None = None
    idempotency_key: str | None = field(default=None)


def create(wish: Wish) -> Job:
    """Return a new job, or the one that the idempotency key already made."""
    if (known := _known(wish)) is not None:
        return known
    try:
        with transaction.atomic():
            return _new(wish)
    except IntegrityError:
        # The same request at the same moment: the other one was faster.
        if (known := _known(wish)) is None:
            raise
        return known


def _new(wish: Wish) -> Job:
    now = timezone.now()
    job = Job.objects.create(
        public_id=ids.legacy_job() if wish.generation == Generation.LEGACY else ids.job(),
        organization=wish.organization,
        generation=wish.generation,
        base_name=wish.base_name,
        parent=wish.parent,
        training_file=wish.training_file,
        validation_file=wish.validation_file,
        hyperparameters=wish.hyperparameters,
        suffix=wish.suffix,
        seed=secrets.randbelow(LARGEST_SEED + 1) if wish.seed is None else wish.seed,
        integrations=wish.integrations,
        metadata=wish.metadata,
        idempotency_key=wish.idempotency_key,
        request_sha256=wish.request_sha256,
        created_at=now,
        updated_at=now,
        due_at=now,
    )
    Pair.objects.bulk_create(Pair(job=job, name=name, value=value) for name, value in (wish.metadata or {}).items())
    Event.objects.bulk_create(wording.created(job))
    return job


def _known(wish: Wish) -> Job | None:
    if wish.idempotency_key is None:
        return None
    jobs = Job.objects.of(wish.organization).filter(idempotency_key=wish.idempotency_key)
    jobs.filter(created_at__lt=timezone.now() - timedelta(hours=KEY_HOURS)).update(idempotency_key=None)
    job = jobs.with_files().first()
    if job is not None and job.request_sha256 != wish.request_sha256:
        raise KeyReused
    return job

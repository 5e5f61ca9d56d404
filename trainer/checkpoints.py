"""Models at the ends of epochs: the last three are kept and can be used like any model."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from trainer import delete, ids, wording
from trainer.engines.interface import Network
from trainer.journal import Journal
from trainer.measure import Step
from trainer.models import Checkpoint, Job, Model

KEPT = 3


def keep(journal: Journal, network: Network, done: Step) -> None:
    """Keep the network as it is after the step; keeping the same step again changes nothing."""
    job = journal.job
    model = Model(
        organization=job.organization,
        name=ids.model_at_step(job.model_name, done.number),
        base_name=job.base_name,
        parent_name=job.starting_model,
        folder_name=f"{job.public_id}-{done.number}",
    )
    network.save(model.path, resumable=False)
    with transaction.atomic():
        journal.write()
        _record(job, model, done)
    for old in usable(job)[KEPT:]:
        delete.model(old.model)


def usable(job: Job) -> QuerySet[Checkpoint]:
    """Return the checkpoints whose models are kept, the newest first."""
    return job.checkpoints.select_related("model").filter(model__deleted_at=None).order_by("-pk")


def _record(job: Job, model: Model, done: Step) -> None:
    if job.checkpoints.filter(step=done.number).exists():
        return
    model.save()
    Checkpoint.objects.create(job=job, step=done.number, model=model, metrics={"step": done.number, **wording.metrics(done)})

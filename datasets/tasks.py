from __future__ import annotations

from celery import shared_task
from django.db import transaction

from datasets.advance import advance
from datasets.models import Dataset

RINGS = 50  # datasets at most per ring


@shared_task(ignore_result=True)
def ring() -> None:
    """Send one task for each dataset that waits for work; a doubled one finds the lease taken."""
    Dataset.objects.free_orphans()
    for pk in Dataset.objects.due().values_list("pk", flat=True)[:RINGS]:
        work.delay(pk)


def ring_for(dataset_id: int) -> None:
    """Ring for one dataset as soon as its row is committed; a bell that fails is no loss, `ring` comes anyway."""

    def ring_bell() -> None:
        work.delay(dataset_id)

    transaction.on_commit(ring_bell, robust=True)


@shared_task(ignore_result=True)
def work(dataset_id: int) -> None:
    advance(dataset_id)

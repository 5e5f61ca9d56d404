from __future__ import annotations

from celery import shared_task

from datasets import compare, leaks
from datasets.advance import advance
from datasets.models import Dataset, Version
from work import ring as bell

RINGS = 50  # datasets at most per ring


@shared_task(ignore_result=True)
def ring() -> None:
    """Send one task for each dataset that waits for work; a doubled one finds the lease taken."""
    Dataset.objects.free_orphans()
    for pk in Dataset.objects.due().values_list("pk", flat=True)[:RINGS]:
        work.delay(pk)


def ring_for(dataset_id: int) -> None:
    """Ring for one dataset as soon as its row is committed; a bell that fails is no loss, `ring` comes anyway."""

    bell.soon(work.delay, dataset_id)


@shared_task(ignore_result=True)
def work(dataset_id: int) -> None:
    advance(dataset_id)


@shared_task(ignore_result=True)
def compare_versions(old_id: int, new_id: int) -> None:
    """Work out what is different; a page that waits for it asks again if this was lost."""
    versions = Version.objects.select_related("dataset").in_bulk([old_id, new_id])
    if len(versions) == 2 and not compare.answer(versions[old_id], versions[new_id]).is_there():
        compare.compare(versions[old_id], versions[new_id])


@shared_task(ignore_result=True)
def look_for_leaks(dataset_id: int, version_id: int) -> None:
    """Count the validation rows that stand in training too; a page that waits for it asks again if this was lost."""
    dataset = Dataset.objects.filter(pk=dataset_id).first()
    version = Version.objects.filter(pk=version_id).select_related("dataset").first()
    if dataset and version and dataset.prepared_count and not leaks.answer(dataset, version).is_there():
        leaks.look(dataset, version)

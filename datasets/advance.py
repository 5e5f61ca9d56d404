"""Do what a dataset waits for: read it, check it, make its version.

Safe to call at any time and any number of times: only one caller gets the lease, one that died is followed by another
when its lease ends, and each step begins from what is committed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from datasets import prepare, read, version
from datasets.models import Dataset
from datasets.pace import LEASE, LeaseLost
from datasets.words import Refused, Sentence
from datasets.words import gettext_noop as _

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 5
SMALL_ROWS, SMALL_BYTES = 5_000, 4_000_000


def advance(pk: int) -> None:
    dataset = Dataset.objects.claim(pk, LEASE)
    if dataset is None:
        return
    try:
        while not (dataset := _stepped(dataset)).settle():
            dataset.refresh_from_db()
    except LeaseLost:
        logger.info("dataset %s: somebody else holds it, or it changed under way", pk)
        dataset.release(due_at=timezone.now())
    except Exception:
        wait = timedelta(seconds=min(60, 2**dataset.attempts))
        dataset.release(due_at=timezone.now() + wait)
        raise


def soon(dataset: Dataset) -> bool:
    """Whether the work is small enough to be done while a person waits for the page."""
    return dataset.row_count <= SMALL_ROWS and dataset.size <= SMALL_BYTES and not dataset.to_read


def _stepped(dataset: Dataset) -> Dataset:
    """Take every step that is open."""
    while step := _next_step(dataset):
        if dataset.attempts > MAX_ATTEMPTS:
            _fail(dataset, _("The work was begun %(count)s times and never came to an end.", count=MAX_ATTEMPTS))
            return dataset
        try:
            step(dataset)
        except Refused as refused:
            _fail(dataset, refused.sentence)
        dataset.refresh_from_db()
    return dataset


def _next_step(dataset: Dataset) -> Callable[[Dataset], object] | None:
    if dataset.to_read:
        return read.read
    if dataset.to_check:
        return prepare.check
    return version.make if dataset.to_make else None


def _fail(dataset: Dataset, why: Sentence) -> None:
    """Say what is wrong and stop; a dataset whose rows are read stays usable."""
    changes: dict[str, object] = {"error": why.to_json(), "progress": 0.0, "accept_recommended": False}
    if dataset.to_read:
        changes["state"] = Dataset.State.FAILED
    elif dataset.to_check:
        changes |= {"checked": dataset.revision, "findings": [], "numbers": {}, "prepared_count": 0, "open_count": 0}
    else:
        changes["making"] = None
    dataset.held().update(**changes)

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
from datasets.cancel import stopped
from datasets.models import Dataset
from datasets.pace import LEASE, LeaseLost
from datasets.words import Refused, Sentence
from datasets.words import gettext_noop as _
from work.storage import StorageAway

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 5
AGAIN = timedelta(seconds=10)  # after which a storage that was away is asked once more, however often
SMALL_ROWS, SMALL_BYTES = 5_000, 4_000_000


def advance(pk: int) -> None:
    dataset = Dataset.objects.claim(pk, LEASE)
    if dataset is None:
        return
    try:
        while not (dataset := _stepped(dataset)).settle():
            _look_again(dataset)
    except LeaseLost:
        logger.info("dataset %s: somebody else holds it, or it changed under way", pk)
        dataset.release(due_at=timezone.now())
    except StorageAway:
        logger.warning("dataset %s waits: the storage of files is away", pk)
        dataset.release(due_at=timezone.now() + AGAIN, attempts=0)
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
        _look_again(dataset)
    return dataset


def _look_again(dataset: Dataset) -> None:
    """See what has become of the row; its lease is never taken over from whoever holds it by now."""
    token = dataset.lease_token
    try:
        dataset.refresh_from_db(from_queryset=Dataset.objects.filter(lease_token=token))
    except Dataset.DoesNotExist:
        raise LeaseLost from None


def _next_step(dataset: Dataset) -> Callable[[Dataset], object] | None:
    if dataset.to_read:
        return read.read
    if dataset.to_check:
        return prepare.check
    return version.make if dataset.to_make else None


def _fail(dataset: Dataset, why: Sentence) -> None:
    dataset.held().update(**stopped(dataset, why, state=Dataset.State.FAILED))

"""Real threads with connections of their own claim the same rows at the same moment."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from tests.work.conftest import Chore
from work.lease import LeasedQuerySet

THREADS, ROWS = 4, 10


@pytest.mark.django_db(transaction=True)
def test_threads_that_claim_at_once_never_share_a_row(chores_table: None) -> None:
    past = timezone.now() - timedelta(seconds=1)
    keys: list[int] = [LeasedQuerySet(Chore).create(due_at=past).pk for _row in range(ROWS)]
    won: list[int] = []
    start = threading.Barrier(THREADS)

    def claim_all() -> None:
        try:
            start.wait()
            won.extend(key for key in keys if claim(key))
        finally:
            connection.close()

    threads = [threading.Thread(target=claim_all) for _thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    LeasedQuerySet(Chore).all().delete()  # the flush after the test knows nothing of this table
    assert sorted(won) == keys


def claim(key: int) -> bool:
    """Claim; where the database says that it is busy, ask again, as a worker's next ring does."""
    while True:
        try:
            return LeasedQuerySet(Chore).claim(key, 30) is not None
        except OperationalError as error:
            if "locked" not in str(error):
                raise

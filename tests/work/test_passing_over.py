"""PostgreSQL: whoever claims passes over what others hold at this moment, and waits for nobody."""

from __future__ import annotations

import multiprocessing
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from tests.work.conftest import Chore
from work.lease import LeasedQuerySet

PROCESSES, ROWS, AT_ONCE = 8, 1000, 7
CHORES: LeasedQuerySet[Chore] = LeasedQuerySet(Chore)
fork = multiprocessing.get_context("fork")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time, and no locks of rows"),
]


@pytest.fixture
def keys(chores_table: None) -> Iterator[list[int]]:
    """A thousand rows that are due."""
    past = timezone.now() - timedelta(seconds=1)
    yield [row.pk for row in CHORES.bulk_create(Chore(due_at=past) for _ in range(ROWS))]
    CHORES.all().delete()  # the flush after the test knows nothing of this table


@contextmanager
def impatient() -> Iterator[None]:
    """Let a wait for a lock be an error."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1ms'")
    try:
        yield
    finally:
        connection.close()


@contextmanager
def written_by_another(keys: list[int]) -> Iterator[None]:
    """Let another connection be in the middle of writing these rows."""
    another = connections.create_connection("default")
    another.set_autocommit(False)
    try:
        with another.cursor() as cursor:
            cursor.execute(f"UPDATE {Chore._meta.db_table} SET done = 'half' WHERE id = ANY(%s)", [keys])
        yield
    finally:
        another.rollback()
        another.close()


def test_a_row_that_is_being_written_is_not_claimed_and_not_waited_for(keys: list[int]) -> None:
    with written_by_another(keys[:1]), impatient():
        assert CHORES.claim(keys[0], 30) is None
        assert CHORES.claim(keys[1], 30) is not None
    assert CHORES.claim(keys[0], 30) is not None


def test_many_that_are_claimed_together_are_those_that_nobody_writes(keys: list[int]) -> None:
    with written_by_another(keys[:5]), impatient():
        won = CHORES.claim_all(uuid.uuid4(), 30, 5)
    assert sorted(row.pk for row in won) == keys[5:10]


def test_eight_processes_share_a_thousand_rows_and_none_gets_another_ones(keys: list[int]) -> None:
    connections.close_all()
    with ProcessPoolExecutor(PROCESSES, mp_context=fork) as processes:
        shares = list(processes.map(claim_until_none_is_left, range(PROCESSES)))
    assert sorted(key for share in shares for key in share) == keys
    assert CHORES.filter(attempts=1).count() == ROWS


def claim_until_none_is_left(_number: int) -> list[int]:
    mine: list[int] = []
    try:
        while CHORES.all().due().exists():
            mine += [row.pk for row in CHORES.claim_all(uuid.uuid4(), 30, AT_ONCE)]
    finally:
        connections.close_all()
    return mine

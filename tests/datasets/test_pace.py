from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from datasets import pace as module
from datasets.models import Dataset
from datasets.pace import LeaseLost, Pace, write_held
from tests.conftest import People
from tests.datasets.made import uploaded


@pytest.fixture
def held(people: People) -> Dataset:
    dataset = Dataset.objects.claim(uploaded(people.organization).pk, 30)
    assert dataset is not None
    return dataset


def due_now(pace: Pace) -> Pace:
    pace.next = 0.0
    return pace


def stored(dataset: Dataset) -> Dataset:
    return Dataset.objects.get(pk=dataset.pk)


def test_it_writes_how_far_work_has_come(held: Dataset) -> None:
    due_now(Pace(held, 200))(50)
    assert stored(held).progress == 0.25


def test_a_part_of_the_work_is_a_part_of_the_bar(held: Dataset) -> None:
    due_now(Pace(held, 100, start=0.2, share=0.8))(50)
    assert stored(held).progress == pytest.approx(0.6)


@pytest.mark.parametrize(("done", "total", "shown"), [(500, 100, 1.0), (0, 0, 0.0), (7, 0, 1.0)])
def test_the_bar_never_runs_over(held: Dataset, done: int, total: int, shown: float) -> None:
    due_now(Pace(held, total))(done)
    assert stored(held).progress == shown


def test_it_renews_the_lease(held: Dataset) -> None:
    before = held.lease_until
    assert before is not None
    with time_machine.travel(timezone.now() + timedelta(seconds=20), tick=False):
        due_now(Pace(held, 1))(0)
    after = stored(held).lease_until
    assert after is not None
    assert after > before + timedelta(seconds=15)


def test_it_writes_at_most_once_a_second(held: Dataset, django_assert_num_queries: object) -> None:
    pace = Pace(held, 1000)
    with django_assert_num_queries(0):  # type: ignore[operator]
        for done in range(1000):
            pace(done)
    assert stored(held).progress == 0


def test_one_that_lost_its_lease_stops(held: Dataset) -> None:
    Dataset.objects.filter(pk=held.pk).update(lease_token=None)
    with pytest.raises(LeaseLost):
        due_now(Pace(held, 1))(1)
    with pytest.raises(LeaseLost):
        write_held(held, name="mine")
    assert stored(held).name == "tickets"


def test_what_is_written_is_known_to_the_row_at_hand(held: Dataset) -> None:
    write_held(held, name="renamed", row_count=3)
    assert (held.name, held.row_count) == (stored(held).name, stored(held).row_count) == ("renamed", 3)


def test_a_lease_outlives_many_beats() -> None:
    assert module.LEASE >= 20 * module.EVERY

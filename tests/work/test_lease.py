"""One holder at a time, whoever dies when."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.work.conftest import Chore
from work.lease import LeasedQuerySet

Chores = LeasedQuerySet[Chore]


def due(chores: Chores, seconds_ago: float = 1) -> Chore:
    return chores.create(due_at=timezone.now() - timedelta(seconds=seconds_ago))


def test_a_row_without_a_time_is_never_due(chores: Chores) -> None:
    chores.create()
    assert not chores.due().exists()


def test_a_row_is_due_from_its_time_on(chores: Chores) -> None:
    now = timezone.now()
    chore = chores.create(due_at=now + timedelta(seconds=10))
    assert not chores.due(now).exists()
    assert list(chores.due(now + timedelta(seconds=10))) == [chore]


def test_what_has_waited_longest_comes_first(chores: Chores) -> None:
    later, first = due(chores, 5), due(chores, 50)
    assert list(chores.due()) == [first, later]


def test_a_claim_gives_the_row_with_a_lease_and_counts_the_attempt(chores: Chores) -> None:
    chore = due(chores)
    held = chores.claim(chore.pk, 30)
    assert held is not None
    assert held.lease_token is not None
    assert held.lease_until is not None
    assert held.lease_until > timezone.now() + timedelta(seconds=25)
    assert held.attempts == 1


def test_what_is_held_is_not_due_and_cannot_be_claimed(chores: Chores) -> None:
    chore = due(chores)
    assert chores.claim(chore.pk, 30) is not None
    assert not chores.due().exists()
    assert chores.claim(chore.pk, 30) is None


def test_of_two_who_saw_the_same_row_due_only_one_gets_it(chores: Chores) -> None:
    chore = due(chores)
    one_saw, other_saw = chores.due().first(), chores.due().first()
    assert one_saw == other_saw == chore
    claims = [chores.claim(chore.pk, 30), chores.claim(chore.pk, 30)]
    assert [claim is not None for claim in claims] == [True, False]


def test_what_is_not_due_cannot_be_claimed(chores: Chores) -> None:
    waiting = chores.create(due_at=timezone.now() + timedelta(hours=1))
    assert chores.claim(waiting.pk, 30) is None
    assert chores.claim(chores.create().pk, 30) is None


def test_a_row_that_is_gone_cannot_be_claimed(chores: Chores) -> None:
    assert chores.claim(424242, 30) is None


def test_a_holder_that_dies_loses_the_row_when_its_lease_ends(chores: Chores) -> None:
    chore = due(chores)
    dead = chores.claim(chore.pk, 30)
    assert dead is not None
    with time_machine.travel(timezone.now() + timedelta(seconds=31), tick=False):
        heir = chores.claim(chore.pk, 30)
    assert heir is not None
    assert heir.lease_token != dead.lease_token
    assert heir.attempts == 2


def test_renewing_keeps_the_row(chores: Chores) -> None:
    chore = due(chores)
    held = chores.claim(chore.pk, 30)
    assert held is not None
    with time_machine.travel(timezone.now() + timedelta(seconds=25), tick=False):
        assert held.renew(30)
    with time_machine.travel(timezone.now() + timedelta(seconds=40), tick=False):
        assert chores.claim(chore.pk, 30) is None


def test_a_lost_lease_cannot_be_renewed(chores: Chores) -> None:
    late, _heir = taken_over(chores)
    assert not late.renew(30)


def test_a_late_holder_writes_nothing(chores: Chores) -> None:
    late, heir = taken_over(chores)
    assert not late.held().update(done="by the late one")
    assert not late.release(done="by the late one")
    heir.refresh_from_db()
    assert heir.done == ""
    assert heir.held().exists()


def test_a_release_writes_the_changes_and_says_when_the_row_is_due_next(chores: Chores) -> None:
    held = chores.claim(due(chores).pk, 30)
    assert held is not None
    soon = timezone.now() + timedelta(seconds=5)
    assert held.release(due_at=soon, done="half")
    stored = chores.get(pk=held.pk)
    assert (stored.due_at, stored.done, stored.lease_token, stored.lease_until) == (soon, "half", None, None)
    assert (held.due_at, held.done, held.lease_token) == (soon, "half", None)


def test_a_finished_row_is_never_due_again(chores: Chores) -> None:
    held = chores.claim(due(chores).pk, 30)
    assert held is not None
    assert held.release()
    with time_machine.travel(timezone.now() + timedelta(days=365), tick=False):
        assert not chores.due().exists()


def test_a_row_that_nobody_holds_is_held_by_nobody(chores: Chores) -> None:
    chore = due(chores)
    assert not chore.held().exists()
    assert not chore.renew(30)
    assert not chore.release(done="by nobody")
    assert chores.get(pk=chore.pk).done == ""


def test_a_second_release_does_nothing(chores: Chores) -> None:
    held = chores.claim(due(chores).pk, 30)
    assert held is not None
    assert held.release(done="once")
    assert not held.release(done="twice")
    assert chores.get(pk=held.pk).done == "once"


@pytest.mark.parametrize("rings", [2, 7])
def test_many_rings_for_one_row_make_one_holder(chores: Chores, rings: int) -> None:
    chore = due(chores)
    claims = [chores.claim(chore.pk, 30) for _ring in range(rings)]
    assert sum(claim is not None for claim in claims) == 1
    assert chores.get(pk=chore.pk).attempts == 1


def taken_over(chores: Chores) -> tuple[Chore, Chore]:
    """Return a holder whose lease ended unnoticed, and who took the row over."""
    chore = due(chores)
    late = chores.claim(chore.pk, 30)
    assert late is not None
    chores.filter(pk=chore.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    heir = chores.claim(chore.pk, 30)
    assert heir is not None
    return late, heir


def test_many_are_claimed_under_one_token_in_three_queries(
    chores: Chores, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [due(chores, seconds) for seconds in range(9, 0, -1)]
    token = uuid.uuid4()
    with django_assert_num_queries(3):
        held = chores.claim_all(token, 30, 4)
    assert {row.pk for row in held} == {row.pk for row in rows[:4]}, "those that have waited longest"
    assert {row.lease_token for row in held} == {token}
    assert [row.attempts for row in held] == [1] * 4
    assert len(chores.claim_all(uuid.uuid4(), 30, 100)) == 5
    assert chores.claim_all(uuid.uuid4(), 30, 100) == []


def test_of_many_only_those_of_the_set_are_claimed(chores: Chores) -> None:
    mine, other = due(chores), due(chores)
    held = chores.filter(pk=mine.pk).claim_all(uuid.uuid4(), 30, 100)
    assert [row.pk for row in held] == [mine.pk]
    assert chores.claim(other.pk, 30)


def test_leases_under_one_token_are_renewed_together_and_no_others(chores: Chores) -> None:
    token = uuid.uuid4()
    for _ in range(3):
        due(chores)
    chores.claim_all(token, 5, 2)
    chores.claim_all(uuid.uuid4(), 5, 1)
    chores.renew_all(token, 60)
    soon = timezone.now() + timedelta(seconds=30)
    assert chores.filter(lease_until__gt=soon).count() == 2


def test_one_of_many_is_released_and_the_others_stay_held(chores: Chores) -> None:
    for _ in range(3):
        due(chores)
    first, *others = chores.claim_all(uuid.uuid4(), 30, 3)
    assert first.release(due_at=timezone.now())
    assert list(chores.due()) == [first]
    assert all(row.renew(30) for row in others)

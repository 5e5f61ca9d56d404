"""A task that an error has ended leaves its leases to the next task of its process, which gives them back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from config.celery import app
from config.left import Task
from finetunes import ingest
from finetunes.models import FineTune
from notifications.models import Notification
from teams.models import Organization
from work import holder

pytestmark = pytest.mark.django_db
claimed: list[Notification] = []


@app.task(name="tests.claim_and_fail")
def claim_and_fail(pk: int) -> None:
    claimed.append(Notification.objects.claim(pk, 30))  # type: ignore[arg-type]
    raise OperationalError("the connection is closed")


@app.task(name="tests.look")
def look(pk: int) -> bool:
    return Notification.objects.due().filter(pk=pk).exists()


@pytest.fixture(autouse=True)
def nothing_failed_yet() -> Iterator[None]:
    Task.ended_badly = False
    yield
    Task.ended_badly = False


@pytest.fixture
def told() -> Notification:
    office = Organization.objects.create(name="Office", slug="office")
    return Notification.objects.create(organization=office, kind="ended", key="k", path="/", due_at=timezone.now())


def test_the_next_task_finds_due_what_the_failed_one_held(told: Notification) -> None:
    claim_and_fail.apply((told.pk,))
    assert not Notification.objects.due().exists()
    assert look.apply((told.pk,)).get() is True


def test_what_was_given_back_is_no_more_its_holders(told: Notification) -> None:
    claim_and_fail.apply((told.pk,))
    look.apply((told.pk,))
    assert Notification.objects.claim(told.pk, 30)
    assert not claimed[-1].renew(30)


def test_a_task_that_ends_well_takes_no_lease_away(told: Notification) -> None:
    mine = Notification.objects.claim(told.pk, 30)
    look.apply((told.pk,))
    assert look.apply((told.pk,)).get() is False
    assert mine
    assert mine.renew(30)


def test_leases_of_other_processes_stay(told: Notification) -> None:
    other = {"lease_holder": f"{holder.me()}9", "lease_until": timezone.now() + timedelta(seconds=30)}
    Notification.objects.filter(pk=told.pk).update(**other)
    Task.ended_badly = True
    assert look.apply((told.pk,)).get() is False


def test_while_the_database_is_away_it_is_remembered(told: Notification, monkeypatch: pytest.MonkeyPatch) -> None:
    claim_and_fail.apply((told.pk,))

    def fail() -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as away:
        away.setattr("work.lease.free_mine", fail)
        assert look.apply((told.pk,)).failed()
    assert look.apply((told.pk,)).get() is True


def test_a_fine_tune_is_not_put_off_for_the_databases_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    released: list[Any] = []
    monkeypatch.setattr(FineTune, "release", lambda self, **changes: released.append(changes))
    with pytest.raises(OperationalError):
        ingest.poisoned(FineTune(), OperationalError("server closed the connection unexpectedly"))
    ingest.poisoned(FineTune(), ValueError("a number that is none"))
    assert len(released) == 1

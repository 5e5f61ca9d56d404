"""The ring: what is due is rung for, and never more than the live workers can take at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery.app.task import Task
from django.utils import timezone

from tests.trainer.conftest import Caller, legacy
from trainer import tasks
from trainer.models import Job, Status
from work.models import Pulse

Rung = Callable[[str], list[str]]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """Ring, and return the public ids of the jobs for which the named task was enqueued."""

    def after_a_ring(name: str) -> list[str]:
        sent: list[tuple[str, int]] = []
        monkeypatch.setattr(Task, "apply_async", lambda self, args, **options: sent.append((self.name, args[0])))
        tasks.ring()
        return [Job.objects.get(pk=pk).public_id for task, pk in sent if task == f"trainer.tasks.{name}"]

    return after_a_ring


def queued(owner: Caller, count: int) -> list[str]:
    jobs = [legacy(owner)["id"] for _ in range(count)]
    Job.objects.update(status=Status.QUEUED, due_at=timezone.now(), lease_until=None, lease_token=None)
    return jobs


def test_without_a_live_worker_nobody_is_called(owner: Caller, rung: Rung) -> None:
    queued(owner, 2)
    assert rung("train") == []


def test_as_many_jobs_are_called_as_the_live_workers_have_slots(owner: Caller, rung: Rung) -> None:
    jobs = queued(owner, 4)
    Pulse.objects.beat("training@one", "training", 1)
    Pulse.objects.beat("training@two", "training", 2)
    assert rung("train") == jobs[:3]


def test_a_slot_that_trains_is_not_free(owner: Caller, rung: Rung) -> None:
    first, second, _third = queued(owner, 3)
    Pulse.objects.beat("training@one", "training", 2)
    lease: dict[str, Any] = {"lease_until": timezone.now() + timedelta(seconds=30)}
    Job.objects.filter(public_id=first).update(status=Status.RUNNING, **lease)
    assert rung("train") == [second]


def test_a_job_whose_process_died_is_called_again(owner: Caller, rung: Rung) -> None:
    (job,) = queued(owner, 1)
    Pulse.objects.beat("training@one", "training", 1)
    Job.objects.update(status=Status.RUNNING, lease_until=timezone.now() - timedelta(seconds=1))
    assert rung("train") == [job]


def test_files_are_checked_even_while_every_slot_trains(owner: Caller, rung: Rung) -> None:
    (job,) = queued(owner, 1)
    Job.objects.update(status=Status.VALIDATING)
    assert rung("check") == [job]

"""The bell finds what is due, and a task is one step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery.app.task import Task
from django.db import transaction
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import sample, tasks
from finetunes.models import FineTune, Model, Polling, Sending
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.provider import Provider
from tests.finetunes.tracking import new_tracker, settled, wished


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What was put into the queue: the task's name and its arguments."""
    calls: list[tuple[str, Any]] = []

    def note(self: Task[Any, Any], args: Any = None, kwargs: Any = None, **options: Any) -> None:
        if self.name != "finetunes.tasks.take_stock":  # every connection is rung for at first; test_stock.py is about that
            calls.append((self.name or "", args))

    monkeypatch.setattr(Task, "apply_async", note)
    return calls


class TestRing:
    def test_due_ones_are_advanced(self, fine_tune: FineTune, rung: list[tuple[str, Any]]) -> None:
        tasks.ring()
        assert rung == [("finetunes.tasks.advance", (fine_tune.pk,))]

    def test_what_is_not_due_or_held_is_left_alone(
        self, people: People, connection: Connection, version: Version, rung: list[tuple[str, Any]]
    ) -> None:
        later, held, done = (new_fine_tune(people, connection, version) for _ in range(3))
        FineTune.objects.filter(pk=later.pk).update(due_at=timezone.now() + timedelta(minutes=1))
        FineTune.objects.filter(pk=done.pk).update(due_at=None)
        assert FineTune.objects.claim(held.pk, 30)
        tasks.ring()
        assert rung == []

    def test_a_connection_is_polled_as_one(
        self, people: People, connection: Connection, version: Version, rung: list[tuple[str, Any]]
    ) -> None:
        made = [new_fine_tune(people, connection, version) for _ in range(3)]
        for one in made:
            FineTune.objects.filter(pk=one.pk).update(remote_id=f"ft-{one.pk}")
        tasks.ring()
        assert rung == [("finetunes.tasks.poll", (connection.pk,))]

    def test_one_to_be_cancelled_is_not_kept_waiting_by_the_others(
        self, fine_tune: FineTune, rung: list[tuple[str, Any]]
    ) -> None:
        FineTune.objects.filter(pk=fine_tune.pk).update(remote_id="ft-1", cancel_requested_at=timezone.now())
        tasks.ring()
        assert rung == [("finetunes.tasks.advance", (fine_tune.pk,))]

    def test_a_connection_that_is_polled_or_left_alone_is_not_rung_for(
        self, fine_tune: FineTune, connection: Connection, rung: list[tuple[str, Any]]
    ) -> None:
        FineTune.objects.filter(pk=fine_tune.pk).update(remote_id="ft-1")
        turn = Polling.objects.take(connection.pk, 30)
        assert turn
        tasks.ring()
        turn.release(due_at=timezone.now() + timedelta(minutes=1))
        tasks.ring()
        assert rung == []

    def test_models_are_looked_at_now_and_then(
        self, people: People, connection: Connection, rung: list[tuple[str, Any]]
    ) -> None:
        fresh, old, gone = (
            Model.objects.create(
                organization=people.organization, connection=connection, name=name, base_model="ada", checked_at=checked_at
            )
            for name, checked_at in (
                ("fresh", timezone.now()),
                ("old", timezone.now() - timedelta(days=1)),
                ("gone", None),
            )
        )
        Model.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
        tasks.ring()
        assert rung == [("finetunes.tasks.check_model", (old.pk,))]
        assert fresh.pk


class TestAdvance:
    def test_a_task_takes_a_step_through_the_connection(self, fine_tune: FineTune, at_work: Provider) -> None:
        tasks.advance(fine_tune.pk)
        fine_tune.refresh_from_db()
        assert fine_tune.remote_id in at_work.jobs

    def test_a_task_polls_a_connection(self, fine_tune: FineTune, at_work: Provider) -> None:
        tasks.advance(fine_tune.pk)
        tasks.poll(fine_tune.connection_id)
        fine_tune.refresh_from_db()
        assert fine_tune.last_event == 1

    def test_a_provider_that_wants_to_be_left_alone_is_sent_nothing(self, fine_tune: FineTune, at_work: Provider) -> None:
        later = timezone.now() + timedelta(minutes=1)
        Polling.objects.create(connection=fine_tune.connection, due_at=later, quiet_until=later)
        tasks.advance(fine_tune.pk)
        fine_tune.refresh_from_db()
        assert (fine_tune.due_at, fine_tune.sent_at) == (later, None)
        assert at_work.requests == []

    def test_one_that_is_gone_is_passed_over(self, db: None) -> None:
        tasks.advance(4711)
        tasks.check_model(4711)

    def test_a_model_is_checked_through_the_connection(
        self, people: People, connection: Connection, at_work: Provider
    ) -> None:
        model = Model.objects.create(organization=people.organization, connection=connection, name="ada", base_model="ada")
        tasks.check_model(model.pk)
        model.refresh_from_db()
        assert model.ready_at

    @pytest.mark.django_db(transaction=True)
    def test_the_bell_rings_only_once_the_intent_is_committed(
        self, fine_tune: FineTune, rung: list[tuple[str, Any]]
    ) -> None:
        with transaction.atomic():
            tasks.advance_soon(fine_tune)
            assert rung == []
        assert [name for name, _args in rung] == ["finetunes.tasks.advance"]


class TestSample:
    def test_both_generations_are_started_once(self, people: People, connection: Connection, version: Version) -> None:
        first = sample.start(people.organization, people.owner, connection, version)
        again = sample.start(people.organization, people.owner, connection, version)
        assert first == again
        assert {row.dialect for row in first} == {"legacy", "jobs"}
        assert all(row.status == Status.SENDING and row.due_at for row in first)

    def test_the_classifier_is_measured_as_one(self, people: People, connection: Connection, version: Version) -> None:
        _other, ada = sample.start(people.organization, None, connection, version)
        assert ada.hyperparameters["compute_classification_metrics"] is True
        assert ada.hyperparameters["classification_positive_class"] == " billing"


class TestTrackers:
    def test_what_waits_is_sent(self, people: People, fine_tune: FineTune, rung: list[tuple[str, Any]]) -> None:
        waiting = wished(new_tracker(people), settled(fine_tune))
        tasks.ring_trackers()
        assert rung == [("finetunes.tasks.send_to_tracker", (waiting.pk,))]

    def test_new_ones_are_found_by_the_ring_and_not_at_every_one(
        self, people: People, fine_tune: FineTune, rung: list[tuple[str, Any]]
    ) -> None:
        new_tracker(people, sends_new=True, since=timezone.now() - timedelta(hours=1))
        settled(fine_tune)
        tasks.ring()
        (found,) = Sending.objects.all()
        assert ("finetunes.tasks.send_to_tracker", (found.pk,)) in rung
        found.delete()
        tasks.ring()
        assert not Sending.objects.exists()

    def test_one_whose_worker_was_killed_is_sent_by_another(self, people: People, fine_tune: FineTune) -> None:
        one = wished(new_tracker(people), settled(fine_tune))
        assert Sending.objects.claim(one.pk, 30)
        tasks.send_to_tracker(one.pk)
        assert Sending.objects.get().state == Sending.State.WAITING
        Sending.objects.update(lease_until=timezone.now())
        tasks.send_to_tracker(one.pk)
        assert Sending.objects.get().state == Sending.State.FAILED  # no client is installed here

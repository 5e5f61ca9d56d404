"""One process polls a whole connection: concurrently, within bounds, and whatever single ones do."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import cancel, ingest, polling, registry, store, upcoming
from finetunes.models import Event, FineTune, Polling
from finetunes.polling import AT_ONCE, SILENT, poll_connection
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.provider import Answer, Provider, lost, status


class Fleet:
    """Fine-tunes that run at the provider, and a way to poll them."""

    def __init__(self, people: People, connection: Connection, version: Version, provider: Provider) -> None:
        self.people, self.connection, self.version, self.provider = people, connection, version, provider

    def start(self, number: int, dialect: str = "jobs") -> list[FineTune]:
        made = [self._one(dialect) for _ in range(number)]
        return FineTune.objects.bulk_create(made)

    def _one(self, dialect: str) -> FineTune:
        base = "ada" if dialect == "legacy" else "babbage-002"
        job = self.provider._new_job(dialect == "legacy", {"model": base, "training_file": "file-1"})
        self.provider.jobs[job["id"]] = job | {"status": "running"}
        self.provider.events[job["id"]] = []
        return FineTune(
            organization=self.people.organization,
            connection=self.connection,
            dialect=dialect,
            name=job["id"],
            base_model=base,
            training_version=self.version,
            status=Status.QUEUED,
            remote_id=job["id"],
            due_at=timezone.now(),
        )

    def report(self, steps: range) -> None:
        for job in self.provider.jobs:
            for step in steps:
                data = {"step": step, "total_steps": 1000, "train_loss": 1 / step}
                self.provider.log(job, f"Step {step}/1000: training loss={1 / step:.2f}", data=data)

    def poll(self, **options: Any) -> int:
        return poll_connection(self.connection.pk, transport=httpx.MockTransport(self.provider), **options)

    def again(self) -> int:
        """Poll as if everything were due."""
        FineTune.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        Polling.objects.update(due_at=timezone.now(), quiet_until=None)
        return self.poll()


@pytest.fixture
def fleet(people: People, connection: Connection, version: Version, provider: Provider) -> Fleet:
    return Fleet(people, connection, version, provider)


class TestRound:
    def test_everything_that_is_due_is_polled_in_one_turn(self, fleet: Fleet) -> None:
        fleet.start(70)
        fleet.start(70, "legacy")
        fleet.report(range(1, 4))
        assert fleet.poll() == 140
        assert set(FineTune.objects.values_list("status", flat=True)) == {Status.RUNNING}
        assert Event.objects.count() == 140 * 3
        assert not FineTune.objects.filter(lease_until__isnull=False).exists()

    def test_what_is_not_due_or_not_sent_or_to_be_cancelled_is_left_to_others(self, fleet: Fleet) -> None:
        later, unsent, unwanted, done = fleet.start(4)
        FineTune.objects.filter(pk=later.pk).update(due_at=timezone.now() + timedelta(minutes=1))
        FineTune.objects.filter(pk=unsent.pk).update(remote_id="")
        FineTune.objects.filter(pk=unwanted.pk).update(cancel_requested_at=timezone.now())
        FineTune.objects.filter(pk=done.pk).update(due_at=None)
        assert fleet.poll() == 0
        assert fleet.provider.requests == []

    def test_one_whose_cancelling_is_under_way_is_polled(self, fleet: Fleet) -> None:
        (one,) = fleet.start(1)
        FineTune.objects.filter(pk=one.pk).update(cancel_requested_at=timezone.now(), status=Status.CANCELLING)
        assert fleet.poll() == 1

    def test_a_wish_to_cancel_that_comes_meanwhile_is_next(self, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
        wanted, unwanted = fleet.start(2)
        keep = ingest.keep

        def late(reports: Any) -> None:
            assert cancel.request(unwanted)
            keep(reports)

        monkeypatch.setattr(ingest, "keep", late)
        assert fleet.poll() == 2
        assert list(FineTune.objects.due().to_advance()) == [unwanted]
        assert not FineTune.objects.due().filter(pk=wanted.pk).exists()

    def test_never_more_than_the_bound_are_asked_at_once(self, fleet: Fleet) -> None:
        fleet.start(3 * AT_ONCE)
        here, most, lock = 0, 0, threading.Lock()
        full = threading.Barrier(AT_ONCE, timeout=10)
        rounds = iter(range(AT_ONCE))

        def slow(request: httpx.Request) -> Answer:
            nonlocal here, most
            with lock:
                here += 1
                most = max(most, here)
                first = next(rounds, None) is not None
            if first:
                full.wait()  # only goes on if so many are really asked at once
            answer = fleet.provider(request)
            with lock:
                here -= 1
            return answer

        assert poll_connection(fleet.connection.pk, transport=httpx.MockTransport(slow)) == 3 * AT_ONCE
        assert most == AT_ONCE

    def test_one_slow_answer_does_not_keep_the_others_waiting(self, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(polling, "LONGEST", 0.3)
        monkeypatch.setitem(upcoming.PAUSES, "running", ((0.0, 0.0), (0.0, 0.0)))
        slow, quick = fleet.start(2)
        asked: list[str] = []
        enough = threading.Event()

        def provider(request: httpx.Request) -> Answer:
            if request.url.path.endswith(slow.remote_id):
                assert enough.wait(20)
                monkeypatch.setattr(polling, "HELD_UP", -1.0)
            else:
                asked.append(request.url.path)
                if asked.count(f"/v1/fine_tuning/jobs/{quick.remote_id}") == 3:
                    enough.set()
            return fleet.provider(request)

        assert poll_connection(fleet.connection.pk, transport=httpx.MockTransport(provider)) >= 4

    def test_two_never_poll_the_same_connection(self, fleet: Fleet) -> None:
        fleet.start(3)
        asked: list[int] = []

        def provider(request: httpx.Request) -> Answer:
            asked.append(1)
            return fleet.provider(request)

        assert Polling.objects.take(fleet.connection.pk, 30)
        assert poll_connection(fleet.connection.pk, transport=httpx.MockTransport(provider)) == 0
        assert asked == []

    def test_events_come_once_and_in_order_over_many_rounds(self, fleet: Fleet) -> None:
        fleet.start(4)
        fleet.start(4, "legacy")
        for first in (1, 4, 4, 9):
            fleet.report(range(first, first + 3))
            assert fleet.again() == 8
            fleet.again()
        for one in FineTune.objects.all():
            there = [event["message"] for event in fleet.provider.events[one.remote_id]]
            assert list(one.events.order_by("ordinal").values_list("message", flat=True)) == there
            assert list(one.events.values_list("ordinal", flat=True)) == list(range(1, 13))
            assert one.last_event == 12

    def test_series_of_events_grow_and_a_repeated_step_counts_as_it_was_told_last(self, fleet: Fleet) -> None:
        (one,) = fleet.start(1)
        fleet.report(range(1, 4))
        fleet.again()
        fleet.provider.log(one.remote_id, "again", data={"step": 3, "total_steps": 1000, "train_loss": 9.0})
        fleet.again()
        found = store.read_series(one)["training_loss"]
        assert (found.steps.tolist(), found.values.tolist()) == ([1, 2, 3], [1.0, 0.5, 9.0])
        one.refresh_from_db()
        assert one.summary["training_loss"]["last"] == 9.0

    def test_queries_for_one_fine_tune_do_not_grow(self, fleet: Fleet) -> None:
        def queries() -> int:
            with CaptureQueriesContext(database) as caught:
                fleet.again()
            return len(caught)

        fleet.start(10)
        fleet.report(range(1, 11))
        few = queries()
        fleet.start(40)
        fleet.report(range(11, 21))
        many = queries()
        assert (many - few) / 40 < 2
        fleet.report(range(21, 61))
        assert queries() < many + 20, "more events are more batches, not more queries for each fine-tune"


class TestTrouble:
    def test_one_that_makes_us_stumble_backs_off_alone(self, fleet: Fleet) -> None:
        fleet.start(20)
        bad = FineTune.objects.all()[7]

        def poison(request: httpx.Request) -> Answer:
            raise ZeroDivisionError

        fleet.provider.break_next("GET", f"/fine_tuning/jobs/{bad.remote_id}", poison)
        assert fleet.poll() == 19
        bad.refresh_from_db()
        assert bad.due_at
        assert bad.due_at > timezone.now() + timedelta(seconds=50)
        assert FineTune.objects.filter(status=Status.RUNNING).count() == 19

    def test_one_that_cannot_be_written_down_backs_off_alone(self, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
        fleet.start(20)
        bad = FineTune.objects.all()[7]
        fleet.report(range(1, 3))

        def stumble(one: FineTune, *rest: Any) -> bool:
            return registry.keep_model(one, *rest) if one.pk != bad.pk else bool(1 / 0)

        monkeypatch.setattr(ingest, "keep_model", stumble)
        fleet.poll()
        bad.refresh_from_db()
        assert (bad.failures, bad.last_event, bad.events.count()) == (1, 0, 0)
        assert FineTune.objects.filter(status=Status.RUNNING, last_event=2).count() == 19
        monkeypatch.undo()
        fleet.again()
        bad.refresh_from_db()
        assert list(bad.events.values_list("ordinal", flat=True)) == [1, 2]

    def test_one_whose_lease_was_lost_is_left_to_its_new_holder(self, fleet: Fleet) -> None:
        fleet.start(5)
        stolen = FineTune.objects.all()[2]
        fleet.report(range(1, 3))
        done = threading.Event()

        def steal(request: httpx.Request) -> Answer:
            done.set()
            return fleet.provider._one(fleet.provider.jobs, stolen.remote_id)

        fleet.provider.break_next("GET", f"/fine_tuning/jobs/{stolen.remote_id}", steal)
        keep = ingest.keep

        def late(reports: Any) -> None:
            if done.is_set():
                FineTune.objects.filter(pk=stolen.pk).update(lease_token="0" * 32)
            keep(reports)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ingest, "keep", late)
            fleet.poll()
        stolen.refresh_from_db()
        assert (stolen.events.count(), stolen.last_event, stolen.failures) == (0, 0, 0)
        assert Event.objects.count() == 8

    def test_a_wish_to_be_left_alone_holds_for_the_whole_connection(self, fleet: Fleet) -> None:
        fleet.start(60)
        fleet.provider.break_next(
            "GET",
            "/fine_tuning/jobs/ftjob-1",
            lambda _r: httpx.Response(429, headers={"Retry-After": "77"}, json={}),
        )
        assert fleet.poll() < 60
        turn = Polling.objects.get()
        assert turn.due_at
        assert 70 < (turn.due_at - timezone.now()).total_seconds() < 78
        assert Polling.objects.quiet_until(fleet.connection.pk)
        asked = len(fleet.provider.requests)
        assert fleet.poll() == 0
        assert len(fleet.provider.requests) == asked
        assert not FineTune.objects.filter(lease_until__isnull=False).exists()
        assert FineTune.objects.filter(failures__gt=0).count() == 1, "those that were not asked have not failed"
        fleet.again()
        assert FineTune.objects.filter(status=Status.RUNNING).count() == 60

    def test_a_provider_that_answers_nobody_is_soon_asked_no_more(self, fleet: Fleet) -> None:
        fleet.start(200)
        fleet.provider.break_next("GET", "/fine_tuning/jobs/.*", lost(httpx.ConnectError), times=10**6)
        fleet.poll()
        assert SILENT <= len(fleet.provider.requests) < 120
        assert set(FineTune.objects.values_list("failures", flat=True)) == {1}
        long_ago = timezone.now() - timedelta(minutes=5)
        FineTune.objects.update(created_at=long_ago)
        for _ in range(3):
            fleet.again()
        assert len(fleet.provider.requests) < 120 + 3 * AT_ONCE
        assert set(FineTune.objects.values_list("status", flat=True)) == {Status.LOST_CONTACT}
        assert Polling.objects.get().failures == 4
        fleet.provider.faults.clear()
        assert fleet.again() == 200
        assert set(FineTune.objects.values_list("status", "failures", "trouble")) == {(Status.RUNNING, 0, "")}
        assert Polling.objects.get().failures == 0

    def test_a_few_bad_ones_do_not_speak_for_the_provider(self, fleet: Fleet) -> None:
        fleet.start(60)
        for number in range(1, 11):
            fleet.provider.break_next("GET", f"/fine_tuning/jobs/ftjob-{number}", status(500))
        assert fleet.poll() == 50
        assert Polling.objects.get().failures == 0
        fleet.again()
        assert FineTune.objects.filter(status=Status.RUNNING).count() == 60

    def test_a_key_that_cannot_be_read_stops_nobody_else(self, fleet: Fleet) -> None:
        fleet.start(2)
        type(fleet.connection)._base_manager.filter(pk=fleet.connection.pk).update(key="")
        with database.cursor() as cursor:
            cursor.execute("update connections_connection set key = 'gAAAAnonsense'")
        assert fleet.poll() == 0
        assert set(FineTune.objects.values_list("failures", flat=True)) == {1}

    def test_a_round_that_breaks_gives_everything_back(self, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
        fleet.start(5)
        monkeypatch.setattr(ingest, "keep_all", lambda reports: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fleet.poll()
        assert not FineTune.objects.filter(lease_until__isnull=False).exists()
        assert not Polling.objects.filter(lease_until__isnull=False).exists()

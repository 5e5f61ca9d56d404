"""What the provider says is taken over, once, whatever is repeated, late or odd."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import ingest, store
from finetunes.models import Event, FineTune, Model, ResultFile, Span
from finetunes.statuses import Status
from finetunes.store import Known
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.provider import Provider, lost, status
from tests.finetunes.stepping import end_leases, step, steps

CSV = b"step,elapsed_tokens,training_loss,validation_loss,classification/accuracy\n1,9,0.9,0.8,\n2,18,0.5,,0.75\n"


@pytest.fixture
def legacy(fine_tune: FineTune, provider: Provider) -> FineTune:
    """A fine-tune that the provider has accepted, in the first generation's dialect."""
    return step(fine_tune, provider.client())


@pytest.fixture
def jobs(people: People, connection: Connection, version: Version, provider: Provider) -> FineTune:
    """The same in the second generation's dialect."""
    return step(new_fine_tune(people, connection, version, base_model="babbage-002"), provider.client("jobs"))


def messages(fine_tune: FineTune) -> list[str]:
    return list(fine_tune.events.order_by("ordinal").values_list("message", flat=True))


def later(fine_tune: FineTune, **ago: float) -> None:
    """Let time pass since the fine-tune ended."""
    FineTune.objects.filter(pk=fine_tune.pk).update(ended_at=timezone.now() - timedelta(**ago))


def snapshot(fine_tune: FineTune) -> list[object]:
    """All that replaying may not change."""
    events = fine_tune.events.order_by("ordinal").values_list("ordinal", "key", "message")
    rows = Span.objects.filter(fine_tune=fine_tune).order_by("name", "number")
    spans = rows.values_list("name", "number", "count", "steps", "values")
    files = ResultFile.objects.filter(fine_tune=fine_tune).values_list("remote_id", "sha256")
    return [list(events), [(n, s, c, bytes(a), bytes(b)) for n, s, c, a, b in spans], list(files), Model.objects.count()]


class TestStatus:
    def test_a_run_from_queue_to_success(self, legacy: FineTune, provider: Provider) -> None:
        row = step(legacy, provider.client())
        assert (row.status, row.provider_status) == (Status.QUEUED, "pending")
        provider.start(row.remote_id)
        row = step(row, provider.client())
        assert row.status == Status.RUNNING
        assert row.started_at
        name = provider.succeed(row.remote_id, CSV)
        row = step(row, provider.client())
        assert row.status == Status.SUCCEEDED
        assert row.fine_tuned_model == name
        assert row.finished_at
        assert row.resolved == {"n_epochs": 4}

    def test_the_current_api_checks_files_first(self, jobs: FineTune, provider: Provider) -> None:
        row = step(jobs, provider.client("jobs"))
        assert (row.status, row.provider_status) == (Status.CHECKING_FILES, "validating_files")

    def test_a_status_nobody_knows_is_shown_and_polled_on(self, jobs: FineTune, provider: Provider) -> None:
        provider.jobs[jobs.remote_id]["status"] = "defragmenting"
        row = step(jobs, provider.client("jobs"))
        assert (row.status, row.provider_status) == (Status.UNKNOWN, "defragmenting")
        assert row.due_at
        provider.start(jobs.remote_id)
        assert step(row, provider.client("jobs")).status == Status.RUNNING

    def test_a_failure_is_told_in_the_provider_s_words(self, jobs: FineTune, provider: Provider) -> None:
        error = {"code": "invalid_n_examples", "message": "Training file has 3 example(s).", "param": "training_file"}
        provider.jobs[jobs.remote_id] |= {"status": "failed", "error": error}
        row = step(jobs, provider.client("jobs"))
        assert row.status == Status.FAILED
        assert row.error == "Training file has 3 example(s)."

    def test_a_legacy_failure_is_told_by_its_last_error_event(self, legacy: FineTune, provider: Provider) -> None:
        provider.log(legacy.remote_id, "Most examples exceed 2048 tokens.", level="error")
        provider.jobs[legacy.remote_id]["status"] = "failed"
        assert step(legacy, provider.client()).error == "Most examples exceed 2048 tokens."

    def test_unknown_fields_do_no_harm_and_are_kept(self, jobs: FineTune, provider: Provider) -> None:
        provider.jobs[jobs.remote_id] |= {"usage_metrics": {"deep": [1]}, "error": {"code": None, "message": None}}
        row = step(jobs, provider.client("jobs"))
        assert row.raw["usage_metrics"] == {"deep": [1]}
        assert row.error == ""


class TestEvents:
    def test_legacy_events_without_ids_come_once_and_in_order(self, legacy: FineTune, provider: Provider) -> None:
        for number in (2, 1, 0, 0):
            provider.log(legacy.remote_id, f"Fine-tune is in the queue. Queue number: {number}")
            legacy = step(legacy, provider.client())
        legacy = steps(legacy, provider.client(), 3)
        assert messages(legacy) == [
            f"Created fine-tune: {legacy.remote_id}",
            "Fine-tune is in the queue. Queue number: 2",
            "Fine-tune is in the queue. Queue number: 1",
            "Fine-tune is in the queue. Queue number: 0",
            "Fine-tune is in the queue. Queue number: 0",
        ]
        assert list(legacy.events.values_list("ordinal", flat=True)) == [1, 2, 3, 4, 5]
        assert legacy.last_event == 5

    def test_new_events_of_the_current_api_are_read_newest_first_and_kept_oldest_first(
        self, jobs: FineTune, provider: Provider
    ) -> None:
        for number in range(30):
            provider.log(jobs.remote_id, f"Line {number}")
            if number % 7 == 0:
                jobs = step(jobs, provider.client("jobs"))
        jobs = step(jobs, provider.client("jobs"))
        assert messages(jobs)[1:] == [f"Line {number}" for number in range(30)]

    @pytest.mark.parametrize("kind", ["legacy", "jobs"])
    def test_replaying_everything_changes_nothing(
        self, kind: str, provider: Provider, request: pytest.FixtureRequest
    ) -> None:
        row: FineTune = request.getfixturevalue(kind)
        client = provider.client(kind)
        provider.start(row.remote_id)
        provider.log(row.remote_id, "Step 1/2", data={"step": 1, "total_steps": 2, "train_loss": 1.5})
        provider.succeed(row.remote_id, CSV)
        row = step(row, client)
        before = snapshot(row)
        for _ in range(3):
            FineTune.objects.filter(pk=row.pk).update(settled_at=None, due_at=timezone.now())
            row = step(row, client)
        replay = ingest.ask(row, Known(), client)
        FineTune.objects.filter(pk=row.pk).update(due_at=timezone.now())
        held = FineTune.objects.claim(row.pk, 30)
        assert held
        ingest.keep({held: replay})
        assert snapshot(row) == before

    def test_a_worker_that_lost_its_lease_writes_nothing(self, legacy: FineTune, provider: Provider) -> None:
        provider.start(legacy.remote_id)
        FineTune.objects.filter(pk=legacy.pk).update(due_at=timezone.now())
        slow = FineTune.objects.claim(legacy.pk, 30)
        assert slow
        report = ingest.ask(slow, Known(), provider.client())
        end_leases()
        legacy = step(legacy, provider.client())
        before = snapshot(legacy)
        with pytest.raises(ingest.LeaseLost):
            ingest.keep({slow: report})
        assert snapshot(legacy) == before

    def test_an_event_of_an_unknown_type_is_shown(self, jobs: FineTune, provider: Provider) -> None:
        provider.log(jobs.remote_id, "Moderation: passed", data={"categories": {"hate": {"passed": True}}})
        provider.events[jobs.remote_id][-1]["type"] = "moderation_checks"
        step(jobs, provider.client("jobs"))
        last = Event.objects.latest("ordinal")
        assert (last.message, last.type) == ("Moderation: passed", "moderation_checks")


class TestSeries:
    def test_metrics_of_events_become_series_while_it_runs(self, jobs: FineTune, provider: Provider) -> None:
        provider.start(jobs.remote_id)
        for number in (1, 2, 3):
            data = {"step": number, "total_steps": 3, "train_loss": 1 / number, "train_mean_token_accuracy": number / 3}
            provider.log(jobs.remote_id, f"Step {number}/3: training loss={1 / number:.2f}", data=data)
            jobs = step(jobs, provider.client("jobs"))
        found = store.read_series(jobs)
        assert found["training_loss"].values.tolist() == [1.0, 0.5, 1 / 3]
        assert found["training_token_accuracy"].steps.tolist() == [1, 2, 3]
        assert (jobs.step, jobs.total_steps) == (3, 3)
        assert jobs.summary["training_loss"]["last"] == pytest.approx(1 / 3)
        assert jobs.spark

    def test_the_file_wins_over_events_and_events_stay_where_it_is_silent(self, jobs: FineTune, provider: Provider) -> None:
        provider.log(jobs.remote_id, "1", data={"step": 1, "train_loss": 7.0, "full_valid_loss": 3.0})
        provider.log(jobs.remote_id, "9", data={"step": 9, "train_loss": 9.0})
        jobs = step(jobs, provider.client("jobs"))
        provider.succeed(jobs.remote_id, b"step,train_loss,train_accuracy\n1,0.5,0.25\n2,0.4,0.5\n")
        jobs = step(jobs, provider.client("jobs"))
        found = store.read_series(jobs)
        assert dict(zip(found["training_loss"].steps.tolist(), found["training_loss"].values.tolist(), strict=True)) == {
            1: 0.5,
            2: 0.4,
            9: 9.0,
        }
        assert found["full_validation_loss"].values.tolist() == [3.0]

    def test_a_late_event_does_not_overwrite_the_file(self, jobs: FineTune, provider: Provider) -> None:
        provider.succeed(jobs.remote_id, b"step,train_loss\n1,0.5\n")
        jobs = step(jobs, provider.client("jobs"))
        provider.log(jobs.remote_id, "late", data={"step": 1, "train_loss": 7.0})
        jobs = step(jobs, provider.client("jobs"))
        assert store.read_series(jobs)["training_loss"].values.tolist() == [0.5]

    def test_the_legacy_file_gives_every_column(self, legacy: FineTune, provider: Provider) -> None:
        provider.succeed(legacy.remote_id, CSV)
        legacy = step(legacy, provider.client())
        assert store.series_names(legacy) == [
            "classification/accuracy",
            "elapsed_tokens",
            "training_loss",
            "validation_loss",
        ]
        assert legacy.summary["classification/accuracy"]["last"] == 0.75

    def test_epochs_are_read_from_what_is_said(self, legacy: FineTune, provider: Provider) -> None:
        provider.start(legacy.remote_id)
        provider.log(legacy.remote_id, "Completed epoch 2/4")
        provider.log(legacy.remote_id, "Completed epoch 1/4")
        row = step(legacy, provider.client())
        assert (row.epoch, row.epochs) == (2, 4)


class TestResultFile:
    @pytest.mark.parametrize("wrap", [bytes, base64.b64encode], ids=["plain", "base64"])
    def test_the_original_is_kept_as_it_came(
        self, jobs: FineTune, provider: Provider, wrap: Callable[[bytes], bytes]
    ) -> None:
        provider.succeed(jobs.remote_id, wrap(CSV))
        jobs = step(jobs, provider.client("jobs"))
        file = jobs.files.get()
        assert file.content.read() == wrap(CSV)
        assert store.read_series(jobs)["training_loss"].values.tolist() == [0.9, 0.5]

    def test_what_is_no_table_is_kept_and_said(self, jobs: FineTune, provider: Provider) -> None:
        provider.succeed(jobs.remote_id, b"<html>Not today</html>")
        jobs = step(jobs, provider.client("jobs"))
        assert "nothing to draw" in jobs.files.get().problem
        assert store.read_series(jobs) == {}
        assert jobs.status == Status.SUCCEEDED


class TestRacesAtTheEnd:
    def test_a_model_that_is_named_late_is_waited_for(self, legacy: FineTune, provider: Provider) -> None:
        provider.succeed(legacy.remote_id, CSV)
        provider.jobs[legacy.remote_id]["fine_tuned_model"] = None
        row = step(legacy, provider.client())
        later(row, seconds=60)
        row = step(row, provider.client())
        assert row.settled_at is None
        provider.jobs[row.remote_id]["fine_tuned_model"] = "ada:ft-example-2026-01-01"
        row = step(row, provider.client())
        assert row.fine_tuned_model == "ada:ft-example-2026-01-01"
        assert row.settled_at
        assert Model.objects.get().fine_tune == row

    def test_a_results_file_that_is_listed_late_is_waited_for(self, legacy: FineTune, provider: Provider) -> None:
        provider.succeed(legacy.remote_id, csv=None)
        row = step(legacy, provider.client())
        later(row, minutes=5)
        row = step(row, provider.client())
        assert row.settled_at is None
        provider.publish_results(row.remote_id, CSV)
        row = step(row, provider.client())
        assert row.files.count() == 1
        assert row.settled_at

    def test_without_a_results_file_it_settles_after_ten_minutes(self, legacy: FineTune, provider: Provider) -> None:
        provider.succeed(legacy.remote_id, csv=None)
        row = step(legacy, provider.client())
        later(row, minutes=11)
        row = step(row, provider.client())
        assert row.settled_at
        assert row.due_at is None

    @pytest.mark.parametrize(
        "answer",
        [
            status(404),
            status(409),
            lambda _r: httpx.Response(200, content=b""),
            lambda _r: httpx.Response(200, content=b"\n"),
        ],
        ids=["404", "409", "empty", "blank"],
    )
    def test_a_listed_file_that_cannot_be_had_yet_is_asked_for_again(
        self, legacy: FineTune, provider: Provider, answer: Callable[[httpx.Request], httpx.Response]
    ) -> None:
        provider.succeed(legacy.remote_id, CSV)
        provider.break_next("GET", "/files/[^/]+/content", answer)
        row = step(legacy, provider.client())
        assert row.status == Status.SUCCEEDED
        assert not row.files.exists()
        assert step(row, provider.client()).files.exists()

    def test_events_after_the_end_are_fetched(self, legacy: FineTune, provider: Provider) -> None:
        provider.succeed(legacy.remote_id, CSV)
        row = step(legacy, provider.client())
        assert row.settled_at is None, "one more look is due"
        provider.log(row.remote_id, "Said at last")
        later(row, seconds=11)
        row = step(row, provider.client())
        assert messages(row)[-1] == "Said at last"
        assert row.settled_at

    def test_a_model_that_is_not_found_at_first_is_not_ready_yet(self, legacy: FineTune, provider: Provider) -> None:
        name = provider.succeed(legacy.remote_id, CSV)
        hidden = provider.models.pop(name)
        row = step(legacy, provider.client())
        assert Model.objects.get().ready_at is None
        provider.models[name] = hidden | {"shutdown_date": "2027-01-14"}
        step(row, provider.client())
        model = Model.objects.get()
        assert model.ready_at
        assert str(model.shutdown_date) == "2027-01-14"

    def test_a_settled_one_is_never_due_again(self, legacy: FineTune, provider: Provider) -> None:
        provider.succeed(legacy.remote_id, CSV)
        row = step(legacy, provider.client())
        later(row, seconds=11)
        row = step(row, provider.client())
        asked = len(provider.requests)
        step(row, provider.client())
        assert len(provider.requests) == asked

    def test_one_that_goes_on_again_has_not_settled(self, legacy: FineTune, provider: Provider) -> None:
        """Lists and home show as under way only what has not: a provider may take back that it has ended."""
        provider.jobs[legacy.remote_id]["status"] = "failed"
        row = step(legacy, provider.client())
        later(row, seconds=11)
        row = step(row, provider.client())
        assert row.settled_at
        provider.jobs[row.remote_id]["status"] = "running"
        FineTune.objects.filter(pk=row.pk).update(due_at=timezone.now())
        row = step(row, provider.client())
        assert (row.status, row.ended_at, row.finished_at, row.settled_at) == (Status.RUNNING, None, None, None)
        assert row.due_at

    def test_a_failed_one_does_not_wait_for_a_model(self, legacy: FineTune, provider: Provider) -> None:
        provider.jobs[legacy.remote_id]["status"] = "failed"
        row = step(legacy, provider.client())
        later(row, seconds=11)
        assert step(row, provider.client()).settled_at


class TestTrouble:
    def test_a_silent_provider_is_lost_contact_after_a_while_and_recovers(
        self, legacy: FineTune, provider: Provider
    ) -> None:
        provider.start(legacy.remote_id)
        row = step(legacy, provider.client())
        provider.break_next("GET", "/fine-tunes/[^/]+", lost(httpx.ReadTimeout), times=6)
        row = steps(row, provider.client(), 2)
        assert row.status == Status.RUNNING
        assert row.trouble
        FineTune.objects.filter(pk=row.pk).update(answered_at=timezone.now() - timedelta(minutes=5))
        row = steps(row, provider.client(), 4)
        assert row.status == Status.LOST_CONTACT
        assert row.due_at, "it is still polled"
        row = step(row, provider.client())
        assert row.status == Status.RUNNING
        assert (row.trouble, row.failures) == ("", 0)

    def test_each_failure_puts_it_off_longer(self, legacy: FineTune, provider: Provider) -> None:
        provider.break_next("GET", "/fine-tunes/[^/]+", status(503), times=8)
        pauses = []
        for _ in range(8):
            legacy = step(legacy, provider.client())
            assert legacy.due_at
            pauses.append((legacy.due_at - timezone.now()).total_seconds())
        assert pauses[-1] > 30 > pauses[0]

    def test_a_wish_to_be_left_alone_is_respected(self, legacy: FineTune, provider: Provider) -> None:
        provider.break_next(
            "GET", "/fine-tunes/[^/]+", lambda _r: httpx.Response(429, headers={"Retry-After": "77"}, json={})
        )
        row = step(legacy, provider.client())
        assert row.due_at
        assert 70 < (row.due_at - timezone.now()).total_seconds() < 80

    def test_one_that_was_deleted_there_becomes_unknown_and_is_asked_for_rarely(
        self, legacy: FineTune, provider: Provider
    ) -> None:
        provider.jobs.clear()
        row = steps(legacy, provider.client(), 5)
        assert row.status == Status.UNKNOWN
        assert row.due_at
        assert (row.due_at - timezone.now()).total_seconds() > 200

    def test_a_poisoned_one_is_put_off_longer_each_time(self, legacy: FineTune, provider: Provider) -> None:
        def poison(request: httpx.Request) -> httpx.Response:
            raise ZeroDivisionError

        provider.break_next("GET", "/fine-tunes/[^/]+", poison, times=3)
        for pause in (50, 110, 230):
            row = step(legacy, provider.client())
            assert row.due_at
            assert row.due_at > timezone.now() + timedelta(seconds=pause)
            assert row.lease_until is None
        provider.start(legacy.remote_id)
        assert step(row, provider.client()).failures == 0

    def test_half_an_answer_changes_nothing(self, legacy: FineTune, provider: Provider) -> None:
        provider.start(legacy.remote_id)
        before = snapshot(legacy)
        provider.break_next("GET", "/fine-tunes/[^/]+/events", lambda _r: httpx.Response(200, content=b'{"data": [{'))
        row = step(legacy, provider.client())
        assert snapshot(row) == before
        assert step(row, provider.client()).status == Status.RUNNING


class TestPace:
    def seconds(self, fine_tune: FineTune) -> float:
        assert fine_tune.due_at
        return (fine_tune.due_at - timezone.now()).total_seconds()

    def watch(self, fine_tune: FineTune) -> None:
        FineTune.objects.filter(pk=fine_tune.pk).update(watched_until=timezone.now() + timedelta(minutes=1))

    def test_a_running_one_is_asked_for_every_other_second_while_somebody_watches(
        self, legacy: FineTune, provider: Provider
    ) -> None:
        provider.start(legacy.remote_id)
        FineTune.objects.filter(pk=legacy.pk).update(created_at=timezone.now() - timedelta(hours=1))
        self.watch(legacy)
        assert self.seconds(step(legacy, provider.client())) < 2

    def test_else_it_is_asked_for_less_and_less(self, legacy: FineTune, provider: Provider) -> None:
        provider.start(legacy.remote_id)
        row = step(legacy, provider.client())
        assert 2 < self.seconds(row) < 5
        FineTune.objects.filter(pk=legacy.pk).update(started_at=timezone.now() - timedelta(hours=1))
        assert self.seconds(step(row, provider.client())) > 10

    def test_a_queue_is_asked_less_and_less(self, legacy: FineTune, provider: Provider) -> None:
        FineTune.objects.filter(pk=legacy.pk).update(created_at=timezone.now() - timedelta(hours=1))
        row = step(legacy, provider.client())
        assert self.seconds(row) > 20
        self.watch(row)
        assert self.seconds(step(row, provider.client())) < 6

    def test_no_two_are_asked_in_step(self, legacy: FineTune, provider: Provider) -> None:
        provider.start(legacy.remote_id)
        pauses = {round(self.seconds(step(legacy, provider.client())), 2) for _ in range(8)}
        assert len(pauses) > 3

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.trainer.conftest import Caller, current, legacy, pairs
from tests.trainer.unigram import UnigramEngine
from trainer import attempt, finish, journal, progress, run, tasks
from trainer.journal import LEASE_SECONDS
from trainer.models import Checkpoint, Event, File, Job, Model, Status
from work import trace

pytestmark = pytest.mark.django_db


class PowerCut(BaseException):
    """Ends a run in the middle, as the end of the process would: nothing of it is caught or tidied."""


def queued(made: dict[str, Any]) -> Job:
    """Return a new job, checked and waiting in the queue."""
    job = Job.objects.get(public_id=made["id"])
    tasks.check(job.pk)
    job.refresh_from_db()
    assert job.status == Status.QUEUED
    return job


def claimable(job: Job) -> Job:
    """Let the time pass until the job is due and nobody's."""
    Job.objects.filter(pk=job.pk).update(lease_until=None, due_at=timezone.now())
    return job


def claimed(job: Job) -> Job:
    claimable(job)
    found = Job.objects.claim(job.pk, LEASE_SECONDS)
    assert found is not None
    return found


def at_step(number: int, do: Callable[[], None]) -> UnigramEngine:
    """Return an engine that does something before its n-th step of training."""
    steps = iter(range(1, 10_000))

    def before() -> None:
        if next(steps) == number:
            do()

    return UnigramEngine(before)


def cut() -> None:
    raise PowerCut


def cut_off_in(monkeypatch: pytest.MonkeyPatch, module: object, name: str, job: Job) -> None:
    """Train, and cut the power when the named function is called."""
    with monkeypatch.context() as patch:
        patch.setattr(module, name, lambda *args: cut())
        with pytest.raises(PowerCut):
            run.train(claimed(job), UnigramEngine())


def results(caller: Caller, job: Job) -> list[str]:
    job.refresh_from_db()
    assert job.result_file is not None
    return caller.content(job.result_file.public_id).decode().splitlines()


def told(job: Job) -> list[str]:
    return [event.message for event in Event.objects.filter(job=job)]


class TestTrain:
    def test_a_queued_job_is_trained_to_its_end(self, owner: Caller) -> None:
        job = queued(legacy(owner, n_epochs=2, batch_size=5))
        run.train(claimed(job), UnigramEngine())
        job.refresh_from_db()
        assert job.status == Status.SUCCEEDED
        assert (job.due_at, job.lease_until, job.lease_token) == (None, None, None)
        assert job.fine_tuned_model is not None
        assert (job.fine_tuned_model.path / "unigram.json").exists()

    def test_each_step_is_a_line(self, owner: Caller) -> None:
        job = queued(legacy(owner, n_epochs=2, batch_size=5))
        run.train(claimed(job), UnigramEngine())
        header, *lines = results(owner, job)
        cells = [line.split(",") for line in lines]
        assert (
            header == "step,elapsed_tokens,elapsed_examples,training_loss,training_sequence_accuracy,training_token_accuracy"
        )
        assert [cell[0] for cell in cells] == ["1", "2", "3", "4", "5", "6"]
        assert [cell[2] for cell in cells] == ["5", "10", "12", "17", "22", "24"]
        assert int(cells[-1][1]) == job.trained_tokens == 2 * int(cells[2][1])
        assert float(cells[-1][3]) < float(cells[0][3])

    def test_validation_is_measured_on_the_first_step_and_each_eighth_after_it(self, owner: Caller) -> None:
        job = queued(legacy(owner, n_epochs=2, validation_file=owner.upload(pairs())["id"]))
        run.train(claimed(job), UnigramEngine())
        _, *lines = results(owner, job)
        assert [line.split(",")[0] for line in lines if line.split(",")[6]] == ["1", "9", "17"]

    def test_classes_are_measured_at_the_end_of_each_epoch_only(self, owner: Caller) -> None:
        file = owner.upload(pairs(9))["id"]
        classes = {
            "compute_classification_metrics": True,
            "classification_positive_class": " odd",
            "classification_betas": [0.5, 2],
        }
        job = queued(legacy(owner, pairs(9), n_epochs=2, validation_file=file, **classes))
        run.train(claimed(job), UnigramEngine())
        header, *lines = results(owner, job)
        assert header.split(",")[-7:] == [
            f"classification/{name}" for name in ("accuracy", "precision", "recall", "auroc", "auprc", "f0.5", "f2.0")
        ]
        filled = {cells[0]: cells for line in lines if (cells := line.split(","))[9]}
        assert list(filled) == ["9", "18"]
        assert filled["9"][6:9] == ["", "", ""]
        assert all(0 <= float(cell) <= 1 for cells in filled.values() for cell in cells[9:])

    def test_several_classes_have_their_own_columns(self, owner: Caller) -> None:
        lines = [{"prompt": f"{place} ->", "completion": f" {'abc'[place % 3]}"} for place in range(15)]
        file = owner.upload(lines)["id"]
        classes = {"compute_classification_metrics": True, "classification_n_classes": 3}
        job = queued(legacy(owner, lines, n_epochs=1, validation_file=file, **classes))
        run.train(claimed(job), UnigramEngine())
        assert results(owner, job)[0].endswith(",classification/accuracy,classification/weighted_f1_score")

    def test_the_resumable_state_is_gone_at_the_end(self, owner: Caller) -> None:
        job = queued(legacy(owner))
        run.train(claimed(job), UnigramEngine())
        assert not job.path.exists()

    def test_writing_happens_in_bundles(self, owner: Caller, django_assert_max_num_queries: Any) -> None:
        job = claimed(queued(legacy(owner, pairs(40), n_epochs=5)))
        with django_assert_max_num_queries(60):
            run.train(job, UnigramEngine())

    def test_the_expected_end_rests_on_the_steps_so_far(self, owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(journal, "BUNDLE_SECONDS", 0.0)
        seen: list[Any] = []
        job = queued(legacy(owner, n_epochs=1))
        look = at_step(6, lambda: seen.append(Job.objects.get(pk=job.pk).estimated_finish))
        run.train(claimed(job), look)
        assert timezone.now() - timedelta(seconds=60) < seen[0] < timezone.now() + timedelta(seconds=60)

    def test_nothing_is_expected_before_the_first_step(self, owner: Caller) -> None:
        seen: list[Any] = []
        job = queued(legacy(owner, n_epochs=1))
        run.train(claimed(job), at_step(1, lambda: seen.append(Job.objects.get(pk=job.pk).estimated_finish)))
        assert seen == [None]


class TestPowerCut:
    """A run that ends anywhere goes on from its last epoch, with the results of an unbroken one."""

    @pytest.mark.parametrize("step", [1, 2, 3, 4, 7, 9])
    def test_the_results_are_those_of_an_unbroken_run(
        self, owner: Caller, step: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(journal, "BUNDLE_SECONDS", 0.0)
        body = {
            "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3, "batch_size": 4}}},
            "seed": 3,
        }
        whole, broken = queued(current(owner, **body)), queued(current(owner, **body))
        run.train(claimed(whole), UnigramEngine())
        with pytest.raises(PowerCut):
            run.train(claimed(broken), at_step(step, cut))
        run.train(claimed(broken), UnigramEngine())
        assert results(owner, broken) == results(owner, whole)
        assert self.numbers(broken) == self.numbers(whole)
        assert broken.checkpoints.count() == whole.checkpoints.count() == 3
        assert broken.trained_tokens == Job.objects.get(pk=whole.pk).trained_tokens

    def numbers(self, job: Job) -> list[Any]:
        """Return what the events say, without the ids in it."""
        return [(event.mark, event.type, event.data) for event in Event.objects.filter(job=job)]

    def test_only_the_epoch_it_was_in_is_done_again(self, owner: Caller) -> None:
        job = queued(legacy(owner, n_epochs=3, batch_size=4))
        with pytest.raises(PowerCut):
            run.train(claimed(job), at_step(8, cut))
        steps: list[int] = []
        run.train(claimed(job), UnigramEngine(lambda: steps.append(1)))
        assert len(steps) == 3
        assert told(job).count("Completed epoch 2/3") == 1

    @pytest.mark.parametrize("moment", ["network.save", "results", "commit"])
    def test_a_cut_at_the_very_end_makes_one_model(
        self, owner: Caller, moment: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = queued(legacy(owner, n_epochs=1))
        places = {"network.save": "_encoded", "results": "_free_legacy_name", "commit": "_ended"}
        cut_off_in(monkeypatch, finish, places[moment], job)
        run.train(claimed(job), UnigramEngine())
        assert Job.objects.get(pk=job.pk).status == Status.SUCCEEDED
        assert Model.objects.count() == File.objects.filter(purpose="fine-tune-results").count() == 1
        assert len(told(job)) == len(set(told(job))) == 8

    def test_a_cut_between_checkpoint_and_state_keeps_the_checkpoint_once(
        self, owner: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = queued(current(owner, hyperparameters={"n_epochs": 2}))
        cut_off_in(monkeypatch, progress, "save", job)
        assert Checkpoint.objects.count() == 1
        run.train(claimed(job), UnigramEngine())
        assert Checkpoint.objects.count() == 2
        assert Job.objects.get(pk=job.pk).status == Status.SUCCEEDED

    def test_a_job_that_kills_its_process_again_and_again_fails(self, owner: Caller) -> None:
        job = queued(legacy(owner))
        for _ in range(attempt.MOST):
            with pytest.raises(PowerCut):
                run.train(claimed(job), at_step(1, cut))
        run.train(claimed(job), UnigramEngine())
        job.refresh_from_db()
        assert job.status == Status.FAILED
        assert told(job)[-1] == "Error: The process that worked on it died 5 times in a row."

    def test_an_epoch_that_was_completed_is_a_new_beginning(self, owner: Caller) -> None:
        job = queued(legacy(owner, n_epochs=3, batch_size=4))
        for step in (4, 4, 1, 1, 1):
            with pytest.raises(PowerCut):
                run.train(claimed(job), at_step(step, cut))
        run.train(claimed(job), UnigramEngine())
        assert Job.objects.get(pk=job.pk).status == Status.SUCCEEDED


class TestError:
    def test_a_failed_write_to_the_disk_is_tried_again_later(self, owner: Caller, caplog: pytest.LogCaptureFixture) -> None:
        def full() -> None:
            raise OSError(28, "No space left on device")

        job = queued(legacy(owner))
        run.train(claimed(job), at_step(2, full))
        job.refresh_from_db()
        assert job.status == Status.RUNNING
        assert job.due_at is not None
        assert job.due_at > timezone.now()
        assert job.lease_until is None
        for _ in range(attempt.MOST):
            if not job.finished:
                run.train(claimed(job), at_step(2, full))
                job.refresh_from_db()
        assert told(job)[-1] == "Error: The work stopped by an error of the trainer (No space left on device)."

    def test_an_error_of_the_engine_is_told_without_its_inside(
        self, owner: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        def stumble() -> None:
            raise KeyError("secret detail")

        job = queued(legacy(owner))
        for _ in range(attempt.MOST):
            run.train(claimed(job), at_step(1, stumble))
        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.FAILED, "server_error")
        assert told(job)[-1] == "Error: The work stopped by an error of the trainer (KeyError)."
        assert "secret detail" in caplog.text

    def test_an_error_of_the_engine_is_told_with_the_id_that_the_log_names(self, owner: Caller) -> None:
        def stumble() -> None:
            raise KeyError("secret detail")

        job = queued(legacy(owner))
        for _ in range(attempt.MOST):
            trace.begin({"request_id": "req_0123456789"})
            run.train(claimed(job), at_step(1, stumble))
        assert told(job)[-1].endswith("(KeyError). Its log names it req_0123456789.")


class TestCheck:
    def test_files_that_kill_their_reader_again_and_again_fail_the_job(self, owner: Caller) -> None:
        job = Job.objects.get(public_id=legacy(owner)["id"])
        for _ in range(attempt.MOST):
            claimed(job)
        Job.objects.update(lease_until=None)
        tasks.check(job.pk)
        assert told(job)[-1] == "Error: The process that worked on it died 5 times in a row."

    def test_a_file_that_cannot_be_read_now_is_read_later(self, owner: Caller, caplog: pytest.LogCaptureFixture) -> None:
        job = Job.objects.get(public_id=legacy(owner)["id"])
        path = job.training_file.path
        path.rename(path.with_suffix(".away"))
        path.mkdir()
        tasks.check(job.pk)
        job.refresh_from_db()
        assert job.status == Status.VALIDATING
        path.rmdir()
        path.with_suffix(".away").rename(path)
        tasks.check(claimable(job).pk)
        job.refresh_from_db()
        assert job.status == Status.QUEUED


class TestTasks:
    def test_a_job_that_somebody_holds_is_left_alone(self, owner: Caller) -> None:
        job = queued(legacy(owner))
        claimed(job)
        tasks.train(job.pk)
        tasks.check(job.pk)
        assert Job.objects.get(pk=job.pk).status == Status.QUEUED

    def test_a_task_at_the_wrong_time_gives_the_job_back(self, owner: Caller) -> None:
        job = Job.objects.get(public_id=legacy(owner)["id"])
        tasks.train(job.pk)
        job.refresh_from_db()
        assert (job.status, job.lease_until) == (Status.VALIDATING, None)
        tasks.check(job.pk)
        tasks.check(job.pk)
        job.refresh_from_db()
        assert (job.status, job.lease_until) == (Status.QUEUED, None)
        assert told(job).count("Fine-tune costs $0.00") == 1

    def test_a_task_for_a_job_that_has_ended_or_never_was_does_nothing(self, owner: Caller) -> None:
        job = Job.objects.get(public_id=legacy(owner)["id"])
        finish.cancel(job)
        tasks.check(job.pk)
        tasks.train(job.pk)
        tasks.train(10**9)
        assert told(job)[-1] == "Fine-tune cancelled"

    def test_a_job_is_created_though_nobody_hears_the_bell(
        self, owner: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def deaf(*args: object, **options: object) -> None:
            raise ConnectionError("no broker")

        monkeypatch.setattr(tasks.check, "apply_async", deaf)
        assert legacy(owner)["status"] == "pending"
        assert "starts when it does" in caplog.text


class TestState:
    def test_a_state_without_its_network_cannot_appear(self, owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        job = queued(legacy(owner, n_epochs=3, batch_size=4))
        cut_off_in(monkeypatch, progress, "_replace", job)
        assert progress.load(job.path, UnigramEngine(), "next")[1] is None

    def test_networks_of_earlier_epochs_are_removed(self, owner: Caller) -> None:
        job = queued(legacy(owner, n_epochs=3, batch_size=4))
        with pytest.raises(PowerCut):
            run.train(claimed(job), at_step(8, cut))
        assert [folder.name for folder in job.path.glob("epoch-*")] == ["epoch-2"]

    def test_lines_after_the_last_state_are_dropped(self, owner: Caller) -> None:
        job = queued(legacy(owner, n_epochs=3, batch_size=4))
        with pytest.raises(PowerCut):
            run.train(claimed(job), at_step(6, cut))
        found, network = progress.load(job.path, UnigramEngine(), "next")
        assert network is not None
        assert found.step == 3
        assert len((job.path / found.rows_name).read_text().splitlines()) == 3

    def test_a_state_that_vanished_means_beginning_again(self, owner: Caller) -> None:
        job = queued(legacy(owner, n_epochs=2, batch_size=4))
        with pytest.raises(PowerCut):
            run.train(claimed(job), at_step(5, cut))
        shutil.rmtree(job.path)
        run.train(claimed(job), UnigramEngine())
        assert len(results(owner, job)) == 7
        assert told(job).count("Completed epoch 1/2") == 1

"""A run stops when its job was cancelled or has gone to another process."""

from __future__ import annotations

import pytest

from tests.trainer.conftest import Caller, current, legacy
from tests.trainer.test_run import PowerCut, at_step, claimed, cut, queued, results, told
from tests.trainer.unigram import Unigram, UnigramEngine
from trainer import finish, journal, run
from trainer.engines.interface import Score
from trainer.models import Job, Model, Status

pytestmark = pytest.mark.django_db


def test_a_cancelled_job_stops_before_its_next_bundle(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BUNDLE_SECONDS", 0.0)
    made = legacy(owner, n_epochs=4)
    steps: list[int] = []

    def before() -> None:
        steps.append(1)
        if len(steps) == 5:
            owner.post(f"fine-tunes/{made['id']}/cancel")

    job = queued(made)
    run.train(claimed(job), UnigramEngine(before))
    job.refresh_from_db()
    assert len(steps) == 5
    assert job.status == Status.CANCELLED
    assert told(job)[-1] == "Fine-tune cancelled"
    assert not job.path.exists()
    assert not Model.objects.exists()


def test_it_stops_within_a_step_too_however_long_that_is(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BUNDLE_SECONDS", 0.0)
    job = queued(legacy(owner, n_epochs=1, batch_size=12))
    scored: list[int] = []

    def score(network: Unigram, completion: tuple[int, ...]) -> Score:
        scored.append(1)
        if len(scored) == 3:
            finish.cancel(job)
        return Score(1.0, 1, 0, False)

    monkeypatch.setattr(Unigram, "_score", score)
    run.train(claimed(job), UnigramEngine())
    assert len(scored) == 3
    assert told(job)[-1] == "Fine-tune cancelled"


def test_a_long_step_keeps_the_lease(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BUNDLE_SECONDS", 0.0)
    job = queued(legacy(owner, n_epochs=1, batch_size=12))
    score, until = Unigram._score, []

    def slow(network: Unigram, completion: tuple[int, ...]) -> Score:
        until.append(Job.objects.get(pk=job.pk).lease_until)
        return score(network, completion)

    monkeypatch.setattr(Unigram, "_score", slow)
    run.train(claimed(job), UnigramEngine())
    assert len(until) == 12
    assert until == sorted(set(until), key=str)


def test_a_job_cancelled_at_its_very_end_leaves_no_model(owner: Caller) -> None:
    made = legacy(owner, n_epochs=1, batch_size=12)
    job = queued(made)
    run.train(claimed(job), at_step(1, lambda: finish.cancel(job)))
    job.refresh_from_db()
    assert job.status == Status.CANCELLED
    assert (job.fine_tuned_model, job.result_file) == (None, None)
    assert not Model(folder_name=job.public_id).path.exists()


def test_a_checkpoint_of_a_cancelled_job_can_still_be_used(owner: Caller) -> None:
    job = queued(current(owner, hyperparameters={"n_epochs": 3, "batch_size": 6}))
    run.train(claimed(job), at_step(5, lambda: finish.cancel(job)))
    job.refresh_from_db()
    assert job.status == Status.CANCELLED
    assert [checkpoint.model.path.exists() for checkpoint in job.checkpoints.all()] == [True, True]


def test_a_run_whose_lease_went_to_another_writes_nothing_more(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BUNDLE_SECONDS", 0.0)
    job = queued(legacy(owner))

    def taken_over() -> None:
        claimed(job)

    run.train(claimed(job), at_step(3, taken_over))
    job.refresh_from_db()
    assert job.status == Status.RUNNING
    assert told(job)[-1] == "Fine-tune started"
    assert job.path.exists()


def test_a_run_that_wakes_up_late_adds_nothing_to_the_results(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BUNDLE_SECONDS", 0.0)
    whole, stolen = (queued(legacy(owner, n_epochs=3, batch_size=4)) for _ in range(2))
    Job.objects.update(seed=4)
    run.train(claimed(whole), UnigramEngine())

    def sleep_while_another_begins() -> None:
        with pytest.raises(PowerCut):
            run.train(claimed(stolen), at_step(2, cut))

    run.train(claimed(stolen), at_step(6, sleep_while_another_begins))
    run.train(claimed(stolen), UnigramEngine())
    assert results(owner, stolen) == results(owner, whole)


def test_a_run_that_lost_its_job_cannot_fail_it(owner: Caller) -> None:
    job = queued(legacy(owner))
    late, holder = claimed(job), claimed(job)
    holder.path.mkdir(parents=True)
    finish.fail(late, "too late", code="server_error")
    assert Job.objects.get(pk=job.pk).status == Status.QUEUED
    assert holder.path.exists()

from __future__ import annotations

import pytest

from tests.trainer.conftest import Caller, current, work
from tests.trainer.test_run import at_step, claimed, queued, results, told
from tests.trainer.unigram import UnigramEngine
from trainer import pause, run
from trainer.models import Job, Status

pytestmark = pytest.mark.django_db

TWO_EPOCHS = {"n_epochs": 2, "batch_size": 4}


def test_a_paused_job_rests_until_it_is_resumed(owner: Caller) -> None:
    job = queued(current(owner, hyperparameters=TWO_EPOCHS))

    assert owner.post(f"fine_tuning/jobs/{job.public_id}/pause")["status"] == "paused"
    assert not Job.objects.due().exists()

    assert owner.post(f"fine_tuning/jobs/{job.public_id}/resume")["status"] == "queued"
    run.train(claimed(job), UnigramEngine())
    job.refresh_from_db()
    assert job.status == Status.SUCCEEDED


def test_a_running_job_stops_at_its_pause_and_goes_on_with_the_same_numbers(owner: Caller) -> None:
    file = owner.upload([{"prompt": f"number {n} is ->", "completion": [" even", " odd"][n % 2]} for n in range(12)])
    body = {"training_file": file["id"], "model": "babbage-002", "seed": 3, "hyperparameters": TWO_EPOCHS}
    calm, disturbed = (queued(owner.post("fine_tuning/jobs", body)) for _ in range(2))
    run.train(claimed(calm), UnigramEngine())

    run.train(claimed(disturbed), at_step(5, lambda: pause.pause(disturbed)))
    disturbed.refresh_from_db()
    assert disturbed.status == Status.PAUSED
    pause.resume(disturbed)
    run.train(claimed(disturbed), UnigramEngine())

    assert results(owner, disturbed) == results(owner, calm)
    steps = [line for line in told(disturbed) if line.startswith("Step ")]
    assert len(steps) == len(set(steps)) == 6
    story = [line for line in told(disturbed) if "paused" in line or "resumed" in line]
    assert story == ["Fine-tuning job paused", "Fine-tuning job resumed"]


def test_each_pause_is_told(owner: Caller) -> None:
    job = queued(current(owner))
    for _ in range(2):
        owner.post(f"fine_tuning/jobs/{job.public_id}/pause")
        owner.post(f"fine_tuning/jobs/{job.public_id}/resume")
    assert told(job).count("Fine-tuning job paused") == told(job).count("Fine-tuning job resumed") == 2


def test_a_paused_job_can_be_cancelled(owner: Caller) -> None:
    job = queued(current(owner))
    owner.post(f"fine_tuning/jobs/{job.public_id}/pause")
    assert owner.post(f"fine_tuning/jobs/{job.public_id}/cancel")["status"] == "cancelled"


@pytest.mark.parametrize(("verb", "code"), [("pause", "not_pausable"), ("resume", "not_paused")])
def test_what_has_ended_neither_rests_nor_goes_on(owner: Caller, verb: str, code: str) -> None:
    job = work(current(owner, hyperparameters={"n_epochs": 1})["id"])
    error = owner.refused(f"fine_tuning/jobs/{job.public_id}/{verb}")
    assert error["code"] == code
    assert job.public_id in error["message"]


def test_a_job_whose_files_are_being_checked_cannot_be_paused(owner: Caller) -> None:
    owner.refused(f"fine_tuning/jobs/{current(owner)['id']}/pause")

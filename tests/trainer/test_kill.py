"""A training process is killed in the middle of an epoch, and another one goes on: real processes, the real engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

from tests.trainer.live import LiveTrainer, wait_until
from tests.trainer.test_live import pairs, upload

pytestmark = pytest.mark.live

PREAMBLE = "import django; django.setup(); from trainer import tasks; from trainer.models import Job; "
WORK = PREAMBLE + "job = Job.objects.get(public_id={job!r}); tasks.check.run(job.pk); tasks.train.run(job.pk)"
# What half a minute without a renewal does.
EXPIRE = PREAMBLE + "Job.objects.update(lease_until='2020-01-01T00:00:00Z')"


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTrainer]:
    """A trainer without a worker: the tests are the worker."""
    trainer = LiveTrainer(tmp_path_factory.mktemp("killed-trainer"))
    trainer.manage("migrate", "--verbosity", "0")
    trainer.owner_key = trainer.manage("trainer_key", "create", "--role", "owner")
    try:
        trainer.start_api()
        yield trainer
    finally:
        trainer.stop()


@pytest.fixture
def client(trainer: LiveTrainer) -> httpx.Client:
    return httpx.Client(base_url=trainer.base_url, headers={"Authorization": f"Bearer {trainer.owner_key}"}, timeout=30)


def process(trainer: LiveTrainer, code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], cwd=settings.ROOT, env=trainer.environment)


def create(client: httpx.Client, file: str) -> str:
    hyperparameters = {"n_epochs": 6, "batch_size": 1}
    method = {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}
    body = {"training_file": file, "validation_file": file, "model": "babbage-002", "seed": 11, "method": method}
    answer = client.post("/fine_tuning/jobs", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def events(client: httpx.Client, job: str) -> list[dict[str, Any]]:
    """Return all events of a job, the oldest first."""
    found: list[dict[str, Any]] = []
    more = {"has_more": True, "data": found}
    while more["has_more"]:
        after = {"after": found[-1]["id"]} if found else {}
        more = client.get(f"/fine_tuning/jobs/{job}/events", params={"limit": 100, **after}).json()
        found += more["data"]
    return found[::-1]


def story(client: httpx.Client, job: str) -> list[Any]:
    """Return what the events say, without ids and names, which differ from job to job."""
    return [event["data"] or event["message"].split(":")[0] for event in events(client, job)]


def results(client: httpx.Client, job: str) -> str:
    (file,) = client.get(f"/fine_tuning/jobs/{job}").json()["result_files"]
    return client.get(f"/files/{file}/content").text


def test_a_killed_run_ends_like_one_that_was_left_alone(trainer: LiveTrainer, client: httpx.Client) -> None:
    file = upload(client, pairs(120))
    whole, killed = create(client, file), create(client, file)
    assert process(trainer, WORK.format(job=whole)).wait(120) == 0

    first = process(trainer, WORK.format(job=killed))
    wait_until(lambda: "Checkpoint created at step 240" in str(events(client, killed)), what="the second epoch")
    first.kill()
    first.wait()
    assert client.get(f"/fine_tuning/jobs/{killed}").json()["status"] == "running"

    assert process(trainer, WORK.format(job=killed)).wait(120) == 0
    assert client.get(f"/fine_tuning/jobs/{killed}").json()["status"] == "running", "the dead one still has its lease"

    assert process(trainer, EXPIRE).wait(60) == 0
    assert process(trainer, WORK.format(job=killed)).wait(120) == 0
    assert client.get(f"/fine_tuning/jobs/{killed}").json()["status"] == "succeeded"
    assert results(client, killed) == results(client, whole)
    assert story(client, killed) == story(client, whole)
    assert leftovers(trainer.data) == []


def leftovers(data: Path) -> list[str]:
    return [path.name for path in (data / "trainer" / "runs").glob("*")]

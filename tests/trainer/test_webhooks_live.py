"""Webhooks between real processes: the worker delivers by itself, and one that is killed loses nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from django.conf import settings

from tests.trainer.live import LiveTrainer, wait_until
from tests.trainer.receiver import Receiver, receiving
from tests.trainer.test_live import pairs, upload

pytestmark = pytest.mark.live

POST = """
import django; django.setup()
from trainer import tasks
from trainer.models import Delivery
Delivery.objects.free_orphans()
for pk in Delivery.objects.next(1):
    tasks.post.run(pk)
"""


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTrainer]:
    trainer = LiveTrainer(tmp_path_factory.mktemp("webhook-trainer"))
    try:
        trainer.set_up()
        trainer.start_api()
        yield trainer
    finally:
        trainer.stop()


@pytest.fixture
def client(trainer: LiveTrainer) -> httpx.Client:
    return httpx.Client(base_url=trainer.base_url, headers={"Authorization": f"Bearer {trainer.owner_key}"}, timeout=30)


@pytest.fixture
def receiver(trainer: LiveTrainer) -> Iterator[Receiver]:
    with receiving() as receiver:
        trainer.manage("trainer_webhook", "create", receiver.url)
        yield receiver
        trainer.manage("trainer_webhook", "remove", trainer.manage("trainer_webhook", "list").split()[0])


def cancelled(client: httpx.Client) -> str:
    body = {"training_file": upload(client, pairs(12)), "model": "babbage-002"}
    job = client.post("/fine_tuning/jobs", json=body).json()["id"]
    assert client.post(f"/fine_tuning/jobs/{job}/cancel").status_code == 200
    return str(job)


def process(trainer: LiveTrainer) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", POST], cwd=settings.ROOT, env=trainer.environment)


def test_a_message_survives_the_process_that_was_sending_it(
    trainer: LiveTrainer, client: httpx.Client, receiver: Receiver
) -> None:
    job = cancelled(client)
    receiver.answers.clear()
    first = process(trainer)
    lost = receiver.next()
    first.kill()
    first.wait()
    receiver.answers.set()

    assert process(trainer).wait(60) == 0

    arrived = receiver.next()
    assert json.loads(arrived.body)["data"] == {"id": job}
    assert arrived.body == lost.body
    assert arrived.headers["webhook-id"] == lost.headers["webhook-id"]
    assert "delivered" in trainer.manage("trainer_webhook", "list")
    assert receiver.messages.empty()


@pytest.fixture
def worker(trainer: LiveTrainer) -> Iterator[None]:
    trainer.start_worker()
    yield
    trainer.kill("worker")


@pytest.mark.usefixtures("worker")
def test_the_worker_tells_of_a_job_that_it_trained_itself(
    trainer: LiveTrainer, client: httpx.Client, receiver: Receiver
) -> None:
    hyperparameters = {"n_epochs": 1}
    body = {"training_file": upload(client, pairs(12)), "model": "babbage-002", "hyperparameters": hyperparameters}
    job = client.post("/fine_tuning/jobs", json=body).json()["id"]
    told = json.loads(receiver.next().body)
    assert (told["type"], told["data"]) == ("fine_tuning.job.succeeded", {"id": job})
    wait_until(lambda: "delivered" in trainer.manage("trainer_webhook", "list"), what="the note of the delivery")

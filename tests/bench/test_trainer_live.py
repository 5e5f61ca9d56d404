"""A live trainer: the well-known example from file to metrics, and how many answers a second go through HTTP."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

from tests.bench import bars
from tests.trainer.engines.held_out import rows
from tests.trainer.live import LiveTrainer, wait_until
from tests.trainer.test_live import upload

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.timeout(1800)]

WORK = (
    "import django; django.setup(); from trainer import tasks; from trainer.models import Job; "
    "job = Job.objects.get(public_id={job!r}); tasks.check.run(job.pk); tasks.train.run(job.pk)"
)
SEPARATOR = "\n\n###\n\n"
CLIENTS = 16
READING_SECONDS = 5.0
"""After which a job is in its first step; nothing tells of that from outside."""
ANSWERS = 2000
HOCKEY = {"compute_classification_metrics": True, "classification_positive_class": " hockey"}


@pytest.fixture
def client(live_trainer: LiveTrainer) -> httpx.Client:
    headers = {"Authorization": f"Bearer {live_trainer.owner_key}"}
    return httpx.Client(base_url=live_trainer.base_url, headers=headers, timeout=60)


def finished(client: httpx.Client, job: str) -> dict[str, Any]:
    wait_until(lambda: client.get(f"/fine-tunes/{job}").json()["status"] in ("succeeded", "failed"), 300, "the end")
    made: dict[str, Any] = client.get(f"/fine-tunes/{job}").json()
    assert made["status"] == "succeeded", made
    return made


def test_posts_about_baseball_and_hockey_from_the_file_to_the_metrics(
    own_trainer: LiveTrainer, shared_data: Path, tmp_path: Path
) -> None:
    """The worker is a process of the test's own, so that its time and memory can be measured whole."""
    own_trainer.kill("worker")
    headers = {"Authorization": f"Bearer {own_trainer.owner_key}"}
    client = httpx.Client(base_url=own_trainer.base_url, headers=headers, timeout=60)
    training, validation = (upload(client, part) for part in _prepared(shared_data / "sport2.jsonl", tmp_path, own_trainer))
    body = {"training_file": training, "validation_file": validation, "model": "ada", **HOCKEY}
    job = client.post("/fine-tunes", json=body).json()["id"]
    seconds, megabytes = _work(own_trainer, job)
    last = _last_metrics(client, finished(client, job))
    assert bars.reaches("sport2: classification/accuracy", float(last["classification/accuracy"]), 0.985)
    assert bars.reaches("sport2: classification/auroc", float(last["classification/auroc"]), 0.998)
    assert bars.below("sport2: seconds from claim to model", seconds, 90)
    assert bars.below("sport2: peak memory in MB", megabytes, 400)


def _prepared(source: Path, folder: Path, trainer: LiveTrainer) -> list[bytes]:
    """Accept what preparation recommends, and hold out a fifth."""
    shutil.copyfile(source, folder / source.name)
    command = [sys.executable, str(Path(settings.ROOT) / "manage.py"), "prepare", source.name, "--yes", "--split", "0.2"]
    subprocess.run(command, cwd=folder, env=trainer.environment, check=True, capture_output=True)
    return [(folder / f"{source.stem}_prepared_{part}.jsonl").read_bytes() for part in ("train", "valid")]


def _work(trainer: LiveTrainer, job: str) -> tuple[float, float]:
    """Check and train the job; return seconds and the process's peak of memory in MB."""
    begun = time.perf_counter()
    command = [sys.executable, "-c", WORK.format(job=job)]
    process = subprocess.Popen(command, cwd=settings.ROOT, env=trainer.environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - begun, used.ru_maxrss / 1024


def _last_metrics(client: httpx.Client, made: dict[str, Any]) -> dict[str, str]:
    content = client.get(f"/files/{made['result_files'][0]['id']}/content").text
    return [row for row in csv.DictReader(content.splitlines()) if row["classification/accuracy"]][-1]


def test_a_cancelled_job_leaves_its_worker_within_two_seconds_though_its_step_takes_a_minute(
    own_trainer: LiveTrainer,
) -> None:
    """Both slots of the worker are taken by such jobs; a third one starts when one of them is left."""
    headers = {"Authorization": f"Bearer {own_trainer.owner_key}"}
    client = httpx.Client(base_url=own_trainer.base_url, headers=headers, timeout=60)
    words = " ".join(f"word{place % 97} and {place % 13}" for place in range(300))
    long = upload(client, b"".join(_line(f"tell {place} ->", words) for place in range(64)))
    body = {"training_file": long, "model": "davinci", "batch_size": 64}
    busy = [client.post("/fine-tunes", json=body).json()["id"] for _ in range(2)]
    wait_until(lambda: all(_status(client, job) == "running" for job in busy), what="two running jobs")
    body = {"training_file": upload(client, _line("x ->", "y") * 10), "model": "ada"}
    third = client.post("/fine-tunes", json=body).json()["id"]
    time.sleep(READING_SECONDS)
    begun = time.perf_counter()
    assert client.post(f"/fine-tunes/{busy[0]}/cancel").json()["status"] == "cancelled"
    wait_until(lambda: _status(client, third) != "pending", what="the start of the third job")
    assert bars.below("seconds from the wish to cancel to the start of another job", time.perf_counter() - begun, 2)
    assert _status(client, busy[1]) == "running"


def _status(client: httpx.Client, job: str) -> str:
    return str(client.get(f"/fine-tunes/{job}").json()["status"])


def _line(prompt: str, completion: str) -> bytes:
    return json.dumps({"prompt": prompt, "completion": f" {completion}"}).encode() + b"\n"


def test_sixteen_clients_get_150_answers_a_second(live_trainer: LiveTrainer, client: httpx.Client) -> None:
    lessons = [{"prompt": prompt + SEPARATOR, "completion": label} for prompt, label in rows("sentiment", 300, 1)]
    file = upload(client, b"".join(json.dumps(lesson).encode() + b"\n" for lesson in lessons))
    job = client.post("/fine-tunes", json={"training_file": file, "model": "ada", "n_epochs": 2}).json()["id"]
    model = finished(client, job)["fine_tuned_model"]
    prompts = [prompt + SEPARATOR for prompt, _ in rows("sentiment", ANSWERS, 2, held_out=True)]
    asyncio.run(_ask(client, model, prompts[:100]))
    begun, used = time.perf_counter(), _processor_seconds(live_trainer)
    answers = asyncio.run(_ask(client, model, prompts))
    seconds, used = time.perf_counter() - begun, _processor_seconds(live_trainer) - used
    assert set(answers) <= {" positive", " negative"}
    bars.said("load of the machine", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    assert bars.reaches(f"completions of a classifier a second, through HTTP, {CLIENTS} clients", ANSWERS / seconds, 150)
    assert bars.reaches("the same for each second that the server had a processor", ANSWERS / used, 150)


def _processor_seconds(trainer: LiveTrainer) -> float:
    """Return what the API's process has used of a processor: on a busy machine, the clock measures the others."""
    stat = Path(f"/proc/{trainer.processes['api'].pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


async def _ask(client: httpx.Client, model: str, prompts: list[str]) -> list[str]:
    answers: list[str] = []

    async def one(prompts: list[str]) -> None:
        async with httpx.AsyncClient(base_url=client.base_url, headers=client.headers, timeout=60) as own:
            for prompt in prompts:
                body = {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0}
                answer = await own.post("/completions", json=body)
                answers.append(answer.json()["choices"][0]["text"])

    await asyncio.gather(*(one(prompts[place::CLIENTS]) for place in range(CLIENTS)))
    return answers

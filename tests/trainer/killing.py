"""`kill -9` of a live trainer's worker at random moments of a job's life; each job is held against one left alone."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.trainer.engines.held_out import rows
from tests.trainer.live import LiveTrainer, wait_until
from tests.trainer.test_live import upload

EPOCHS = 5
ENDED = ("succeeded", "failed", "cancelled")
SECONDS = 240.0
SPREAD = 0.8
"""The part of a job's events at which it is killed; what comes later is in the last bundle that the job writes."""


@dataclass(frozen=True)
class Outcome:
    """What a job left: all that must not depend on who was killed when."""

    status: str
    events: list[Any]
    results: str
    weights: list[bytes]
    """Those of the model and of each checkpoint that is kept."""


@dataclass
class Kills:
    moments: list[str] = field(default_factory=list)
    """How far each job was when its worker died."""
    different: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """Seconds from the death of a worker until another one had its job, the start of that one included."""

    def __str__(self) -> str:
        longest = max(self.waits, default=0.0)
        return f"{len(self.moments)} kills; different: {self.different or 'none'}; went on within {longest:.1f} s"


@dataclass
class Worker:
    """The worker of a live trainer, and the jobs that are given to it."""

    trainer: LiveTrainer
    client: httpx.Client
    files: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        self.files = (upload(self.client, _lines(40, 1)), upload(self.client, _lines(10, 2)))

    def create(self) -> str:
        training, validation = self.files
        hyperparameters = {"n_epochs": EPOCHS, "batch_size": 1}
        method = {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}
        body = {"training_file": training, "validation_file": validation, "model": "babbage-002", "seed": 11}
        answer = self.client.post("/fine_tuning/jobs", json={**body, "method": method})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def status(self, job: str) -> str:
        return str(self.client.get(f"/fine_tuning/jobs/{job}").json()["status"])

    def told(self, job: str) -> int:
        """Return how many events the job has."""
        query = "select count(*) from trainer_event e join trainer_job j on j.id = e.job_id where j.public_id = ?"
        with self._database() as database:
            return int(database.execute(query, [job]).fetchone()[0])

    def finish(self, job: str) -> Outcome:
        wait_until(lambda: self.status(job) in ENDED, SECONDS, f"the end of {job}")
        made = self.client.get(f"/fine_tuning/jobs/{job}").json()
        if made["status"] != "succeeded":
            return Outcome(made["status"], story(self.client, job), "", [])
        kept = self.client.get(f"/fine_tuning/jobs/{job}/checkpoints").json()["data"]
        names = [made["fine_tuned_model"], *(checkpoint["fine_tuned_model_checkpoint"] for checkpoint in kept)]
        weights = [self._weights(name) for name in names]
        return Outcome(made["status"], story(self.client, job), results(self.client, job), weights)

    def restart(self, job: str) -> float:
        """Start a worker after the death of one; return the seconds until it has the job."""
        dead, begun = self._claim(job), time.monotonic()
        self.trainer.start_worker()
        wait_until(lambda: self._claim(job) != dead, SECONDS, f"that {job} goes on")
        return time.monotonic() - begun

    def _claim(self, job: str) -> tuple[Any, ...]:
        """Return who has the job."""
        with self._database() as database:
            found = database.execute("select lease_token, lease_holder from trainer_job where public_id = ?", [job])
            return tuple(found.fetchone())

    def _weights(self, name: str) -> bytes:
        with self._database() as database:
            ((folder,),) = database.execute("select folder_name from trainer_model where name = ?", [name]).fetchall()
        path = self.trainer.data / "trainer" / "models" / str(folder) / "network.npz"
        return path.read_bytes()

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.trainer.data / "tunedeck.sqlite3", timeout=30)


def kill_at_random(trainer: LiveTrainer, *, count: int, seed: int) -> Kills:
    """Kill the worker once in each of `count` jobs; the moments are spread over its life."""
    headers = {"Authorization": f"Bearer {trainer.owner_key}"}
    with httpx.Client(base_url=trainer.base_url, headers=headers, timeout=60) as client:
        return _kill_at_random(Worker(trainer, client), count, random.Random(seed))


def _kill_at_random(worker: Worker, count: int, rng: random.Random) -> Kills:
    kills = Kills()
    worker.finish(worker.create())  # the first job of a new worker also waits for the worker
    begun = time.monotonic()
    alone = worker.finish(worker.create())
    assert alone.status == "succeeded"
    epoch = (time.monotonic() - begun) / EPOCHS
    for place in range(count):
        share = (place + rng.random()) / count
        while not _kill(worker, kills, alone, SPREAD * share * len(alone.events), rng.random() * epoch):
            share = rng.random()
    return kills


def _kill(worker: Worker, kills: Kills, alone: Outcome, told: float, later: float) -> bool:
    """Kill some seconds after so many events; return False if the job was quicker than that."""
    job = worker.create()
    wait_until(lambda: worker.told(job) >= told, SECONDS, f"{told:.0f} events")
    moment = time.monotonic() + later
    wait_until(lambda: time.monotonic() >= moment, what="the moment")
    worker.trainer.kill("worker")
    status = worker.status(job)
    if status in ENDED:
        worker.trainer.start_worker()
    else:
        kills.moments.append(f"{status}, {worker.told(job)} of {len(alone.events)} events")
        kills.waits.append(worker.restart(job))
    kills.different += _different(job, worker.finish(job), alone)
    return status not in ENDED


def _different(job: str, disturbed: Outcome, alone: Outcome) -> list[str]:
    return [f"{name} of {job}" for name, value in vars(alone).items() if getattr(disturbed, name) != value]


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


def leftovers(data: Path) -> list[str]:
    return [path.name for path in (data / "trainer" / "runs").glob("*")]


def _lines(count: int, seed: int) -> bytes:
    lessons = [{"prompt": f"{prompt}\n\n###\n\n", "completion": said} for prompt, said in rows("letters", count, seed)]
    return b"".join(json.dumps(lesson).encode() + b"\n" for lesson in lessons)

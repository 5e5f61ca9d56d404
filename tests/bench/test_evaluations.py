"""An evaluation of 10,000 rows on the trainer: how fast beside a bare client, and what ten kills of its worker cost."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import harmonic_mean
from typing import Any

import httpx
import pytest
from django.conf import settings

from tests.bench import bars
from tests.bench.test_trainer_live import SEPARATOR, finished
from tests.evaluations.relay import counting
from tests.tables import DATABASE
from tests.trainer.engines.held_out import rows
from tests.trainer.live import LiveTrainer, wait_until
from tests.trainer.test_live import upload

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.timeout(3600)]

ROWS = int(os.environ.get("ROWS", "10000"))
AT_ONCE = 16
"""As the settings say by default."""
KILLS = 10
PARTS = 5


@pytest.fixture
def client(own_trainer: LiveTrainer) -> httpx.Client:
    headers = {"Authorization": f"Bearer {own_trainer.owner_key}"}
    return httpx.Client(base_url=own_trainer.base_url, headers=headers, timeout=60)


@pytest.fixture
def model(client: httpx.Client) -> str:
    lessons = [{"prompt": prompt + SEPARATOR, "completion": label} for prompt, label in rows("sentiment", 300, 1)]
    file = upload(client, b"".join(json.dumps(lesson).encode() + b"\n" for lesson in lessons))
    job = client.post("/fine-tunes", json={"training_file": file, "model": "ada", "n_epochs": 2}).json()["id"]
    made = str(finished(client, job)["fine_tuned_model"])
    body = {"model": made, "prompt": "anything", "max_tokens": 1}
    wait_until(lambda: client.post("/completions", json=body).status_code == 200, what="a loaded model")
    return made


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    file = tmp_path / "held-out.jsonl"
    drawn = rows("sentiment", ROWS, 2, held_out=True)
    lines = (json.dumps({"prompt": prompt + SEPARATOR, "completion": label}) for prompt, label in drawn)
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def test_an_evaluation_asks_nearly_as_fast_as_a_bare_client(
    own_trainer: LiveTrainer, client: httpx.Client, model: str, held_out: Path
) -> None:
    """Both in turn, a part of the rows each: the worker stands still meanwhile, so a busy machine is unfair to neither."""
    prompts = [json.loads(line)["prompt"] for line in held_out.read_text().splitlines()]
    _rate(client, model, prompts[:200])
    evaluation = _started(own_trainer, own_trainer.base_url, model, held_out)
    wait_until(lambda: _last(own_trainer) > 0, what="the first answer")
    asked, bare = [], []
    for part in range(PARTS):
        asked.append(_stretch(own_trainer, evaluation, until=ROWS * (part + 1) // PARTS))
        bare.append(_rate(client, model, prompts[part::PARTS]))
    _signal(own_trainer, signal.SIGCONT)
    wait_until(lambda: _run(own_trainer, evaluation)["state"] == "done", 600, "the end of the evaluation")
    bars.said("load of the machine", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    bars.said(f"rows a second of a bare client, {AT_ONCE} at once", ", ".join(f"{rate:.0f}" for rate in bare))
    bars.said(f"rows a second of an evaluation of {ROWS:,}", ", ".join(f"{rate:.0f}" for rate in asked))
    assert _answers(own_trainer, evaluation) == (ROWS, ROWS, 0)
    assert bars.reaches("evaluation beside a bare client", harmonic_mean(asked) / harmonic_mean(bare), 0.8)


def test_ten_kills_of_the_worker_leave_every_row_answered_once(own_trainer: LiveTrainer, model: str, held_out: Path) -> None:
    chance = random.Random(2026)
    with counting(own_trainer.port) as relay:
        evaluation = _started(own_trainer, f"http://127.0.0.1:{relay.port}/v1", model, held_out)
        for kill in range(KILLS):
            least = (kill + chance.random()) * ROWS / (KILLS + 1)
            wait_until(lambda least=least: _last(own_trainer) >= least, 300, "so many answers")  # type: ignore[misc]
            own_trainer.kill("worker")
            own_trainer.start_worker()
        wait_until(lambda: _run(own_trainer, evaluation)["state"] == "done", 600, "the end of the evaluation")
        excess = relay.questions - ROWS
    bars.said(f"questions asked twice for {KILLS} kills, {AT_ONCE} out at a time", f"{excess}")
    assert _answers(own_trainer, evaluation) == (ROWS, ROWS, 0)
    assert _run(own_trainer, evaluation)["done_count"] == ROWS
    assert 0 <= excess <= KILLS * AT_ONCE


def _started(trainer: LiveTrainer, address: str, model: str, file: Path) -> int:
    command = [sys.executable, "-m", "tests.bench.evaluating", address, trainer.owner_key, model, str(file)]
    done = subprocess.run(command, cwd=settings.ROOT, env=trainer.environment, check=True, capture_output=True, text=True)
    return int(done.stdout)


def _stretch(trainer: LiveTrainer, evaluation: int, *, until: int) -> float:
    """Let the worker go on until there are so many answers; return the answers a second of that time."""
    _signal(trainer, signal.SIGCONT)
    begun, there = time.perf_counter(), _last(trainer)
    wait_until(lambda: _last(trainer) >= until, 600, "so many answers")
    _signal(trainer, signal.SIGSTOP)
    return (_last(trainer) - there) / (time.perf_counter() - begun)


def _last(trainer: LiveTrainer) -> int:
    """The number of the last answer: as many as there are, and found without counting them."""
    return int(_read(trainer, "SELECT coalesce(max(id), 0) FROM evaluations_answer")[0][0])


def _signal(trainer: LiveTrainer, number: signal.Signals) -> None:
    os.killpg(trainer.processes["worker"].pid, number)


def _run(trainer: LiveTrainer, evaluation: int) -> dict[str, Any]:
    names = ("state", "done_count", "problem")
    found = _read(trainer, f"SELECT {', '.join(names)} FROM evaluations_run WHERE evaluation_id = {evaluation}")
    return dict(zip(names, found[0], strict=True))


def _answers(trainer: LiveTrainer, evaluation: int) -> tuple[int, int, int]:
    """Answers, rows that have one, and answers that are a problem."""
    query = "SELECT count(*), count(DISTINCT question_id), sum(a.problem <> '') FROM evaluations_answer a "
    [[all_of_them, different, problems]] = _read(
        trainer, query + f"JOIN evaluations_run r ON r.id = a.run_id WHERE r.evaluation_id = {evaluation}"
    )
    return all_of_them, different, problems or 0


def _read(trainer: LiveTrainer, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{trainer.data / DATABASE}?mode=ro", uri=True, timeout=30)) as database:
        return database.execute(query).fetchall()


def _rate(client: httpx.Client, model: str, prompts: list[str]) -> float:
    """Ask as an evaluation does, with nothing around it: one pool, as many at once, the same request.

    Threads, since those take half of the processor that httpx's asynchronous pool does.
    """

    def one(prompt: str) -> None:
        body = {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0, "logprobs": 2}
        client.post("/completions", json=body).raise_for_status().json()

    begun = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, prompts))
    return len(prompts) / (time.perf_counter() - begun)

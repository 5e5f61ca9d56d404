"""The openai-python 0.28.1 commands with what stands around the trainer: proxies, addresses, wandb, the preparation tool."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.conftest import Run
from tests.contract import lessons

pytestmark = [pytest.mark.live, pytest.mark.clients]

STAND_INS = Path(__file__).with_name("stand_ins")


@dataclass
class Host:
    """A server that has a training file, and passes on what it is asked for as a proxy."""

    address: str
    passed_on: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    host: Host

    def do_GET(self) -> None:
        if self.path.startswith("http://"):
            self.host.passed_on.append(self.path)
            answer = httpx.get(self.path, headers={"Authorization": self.headers["Authorization"]}, trust_env=False)
            self.reply(answer.status_code, answer.content)
        else:
            self.reply(200, lessons.prompts(0, 3))

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.host = Host(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Handler.host
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def finished(openai: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A finished job of the current generation, which is what this version logs."""
    folder = tmp_path_factory.mktemp("surroundings")
    training, validation = folder / "lessons.jsonl", folder / "examination.jsonl"
    training.write_bytes(lessons.prompts(0, 3))
    validation.write_bytes(lessons.prompts(3, 4))
    create = ["-t", str(training), "-v", str(validation), "--no_check_if_files_exist", "-m", "babbage-002"]
    said = openai("api", "fine_tuning.job.create", *create).stdout
    job = str(re.findall(r"ftjob-\w+", said)[0])
    for _turn in range(150):
        said = openai("api", "fine_tuning.job.get", "-i", job).stdout
        if '"status": "succeeded"' in said:
            return job
    raise AssertionError(said)


def test_a_proxy_is_gone_through(openai: Run, host: Host, live_trainer: Any) -> None:
    host.passed_on.clear()
    said = openai("--proxy", host.address, "-b", live_trainer.base_url, "api", "models.list")
    assert '"babbage-002"' in said.stdout
    assert host.passed_on == [f"{live_trainer.base_url}/models"]


def test_a_training_file_may_be_an_address(openai: Run, host: Host) -> None:
    create = ["-t", f"{host.address}/lessons.jsonl", "-m", "ada", "--no_follow", "--n_epochs", "1"]
    said = openai("api", "fine_tunes.create", *create).stdout
    fine_tune = re.findall(r'"id": "(ft-\w+)"', said)[0]
    assert "succeeded" in openai("api", "fine_tunes.follow", "-i", fine_tune).stdout
    files = json.loads(openai("api", "fine_tunes.get", "-i", fine_tune).stdout)["training_files"]
    assert [file["bytes"] for file in files] == [len(lessons.prompts(0, 3))]


def test_what_the_preparation_tool_writes_can_be_trained_on(openai: Run, tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    posts = [
        (f"Post {number} about the {'puck' if number % 2 else 'bat'} {number * number}", number % 2) for number in range(40)
    ]
    lines = [json.dumps({"prompt": text, "completion": ("baseball", "hockey")[label]}) for text, label in posts]
    raw.write_text("\n".join(lines))
    said = openai("tools", "fine_tunes.prepare_data", "-f", str(raw), "-q").stdout
    command = re.findall(r"> openai api (fine_tunes.create .*)", said)[0]
    arguments = [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', command)]
    assert "--compute_classification_metrics" in arguments
    done = openai("api", *arguments, "-m", "ada", "--n_epochs", "1")
    assert "succeeded" in done.stdout


def test_wandb_gets_each_step_the_files_and_the_model(openai: Run, finished: str, tmp_path: Path) -> None:
    told = tmp_path / "told.jsonl"
    options = ["-i", finished, "--project", "Sports", "--entity", "acme", "--force", "-n", "1"]
    said = openai("wandb", "sync", *options, PYTHONPATH=str(STAND_INS), TOLD=str(told)).stdout
    assert "wandb sync completed successfully" in said
    calls = [json.loads(line) for line in told.read_text().splitlines()]
    begun, *logged = (call for call in calls if call["kind"] in {"init", "log"})
    assert (begun["project"], begun["entity"], begun["name"]) == ("Sports", "acme", finished)
    assert begun["config"]["model"] == "babbage-002"
    assert [call["step"] for call in logged] == sorted({call["step"] for call in logged})
    assert {"train_loss", "train_accuracy"} <= logged[0]["metrics"].keys()
    assert any("valid_loss" in call["metrics"] for call in logged)
    assert calls[-1]["summary"]["status"] == "succeeded"
    assert calls[-1]["summary"]["fine_tuned_model"].startswith("ft:babbage-002:")
    assert "fine_tune_details" in [call["name"] for call in calls if call["kind"] == "artifact"]

"""The fixtures `live_trainer`, which tests share, and `own_trainer`, which belongs to one test.

Each is the trainer's API and its training worker as real processes, with a data folder and ports of their own.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from django.conf import settings

START_SECONDS = 60.0
STOP_SECONDS = 10.0


class NotReady(Exception):
    """A process did not come up, or what was waited for did not happen."""


def wait_until(happened: Callable[[], bool], seconds: float = START_SECONDS, what: str = "it") -> None:
    """Return as soon as `happened` says so."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise NotReady(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class LiveTrainer:
    """A running trainer. `base_url` ends with /v1; worker and API can be killed and started again."""

    data: Path
    port: int = field(default_factory=free_port)
    owner_key: str = ""
    member_key: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """Return the test's environment without its settings: data folder, database and broker are the trainer's own."""
        theirs = ("TUNEDECK_", "DJANGO_", "OPENAI_", "DATABASE_", "CELERY_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
        own = {"TUNEDECK_DATA": str(self.data), "DJANGO_SETTINGS_MODULE": "config.settings", "OMP_NUM_THREADS": "1"}
        return {**inherited, **own}

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=settings.ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotReady(f"manage.py {' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout.strip()

    def start_api(self) -> None:
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        self._start(
            "api", "uvicorn", "config.asgi_trainer:application", *address, "--lifespan", "off", "--log-level", "warning"
        )
        wait_until(self._answers, what="an answer of the trainer's API")

    def start_worker(self) -> None:
        """Start one worker for all queues with beat inside it; its name tells which slots it offers."""
        queues = ["-n", "training@%h", "-Q", "dashboard,training", "-c", "2", "--without-gossip", "--without-mingle"]
        beat = ["--beat", "-s", str(self.data / "beat"), "-l", "warning"]
        self._start("worker", "celery", "-A", "config.celery", "worker", *queues, *beat)

    def kill(self, name: str) -> None:
        """End a process and its children without warning, as a power cut would."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for name, process in list(self.processes.items()):
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill(name)

    def log(self, name: str) -> str:
        return (self.data / f"{name}.log").read_text()

    def _start(self, name: str, module: str, *arguments: str) -> None:
        with (self.data / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=settings.ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        if self.processes["api"].poll() is not None:
            raise NotReady(f"the trainer's API ended:\n{self.log('api')}")
        with contextlib.suppress(httpx.HTTPError):
            return (
                httpx.get(f"{self.base_url}/models", headers={"Authorization": f"Bearer {self.owner_key}"}).status_code
                == 200
            )
        return False


@pytest.fixture
def own_trainer(tmp_path: Path) -> Iterator[LiveTrainer]:
    """A trainer of one test alone, which may kill its parts."""
    trainer = LiveTrainer(tmp_path)
    trainer.manage("migrate", "--verbosity", "0")
    trainer.owner_key = trainer.manage("trainer_key", "create", "--role", "owner")
    try:
        trainer.start_api()
        trainer.start_worker()
        yield trainer
    finally:
        trainer.stop()


@pytest.fixture(scope="session")
def live_trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTrainer]:
    trainer = LiveTrainer(tmp_path_factory.mktemp("live-trainer"))
    trainer.manage("migrate", "--verbosity", "0")
    trainer.owner_key = trainer.manage("trainer_key", "create", "--role", "owner", "--organization", "acme")
    trainer.member_key = trainer.manage("trainer_key", "create", "--role", "member", "--organization", "acme")
    try:
        trainer.start_api()
        trainer.start_worker()
        yield trainer
    finally:
        trainer.stop()

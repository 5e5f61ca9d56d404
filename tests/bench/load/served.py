"""One web process as `compose.yaml` runs it, on a database that was filled, and people in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from tests.product import wait_for
from tests.servers import free_port, postgresql

SERVE = ["uvicorn", "--no-access-log", "--lifespan", "off", "--timeout-graceful-shutdown", "5"]


@dataclass
class Place:
    """What the processes of one deployment share."""

    environment: dict[str, str]
    known: list[dict[str, Any]]
    seconds_to_fill: float


@contextmanager
def filled(server: str, data: Path) -> Iterator[Place]:
    """Yield a deployment with a year's worth of rows, on a server named SQLite or PostgreSQL."""
    with ExitStack() as stack:
        address = stack.enter_context(postgresql()) if server == "PostgreSQL" else ""
        port = stack.enter_context(process("tests.bench.load.provider", {**os.environ}))
        names = {"TUNEDECK_DATA": str(data), "DATABASE_URL": address, "CELERY_BROKER_URL": "", "TUNEDECK_SAMPLE": "0"}
        names["TUNEDECK_ALLOWED_HOSTS"] = "127.0.0.1"
        environment = {**os.environ, **names, "DJANGO_SETTINGS_MODULE": "config.settings"}
        done([sys.executable, "manage.py", "set_up"], environment)
        begun = time.perf_counter()
        known = done([sys.executable, "-m", "tests.bench.load.seed", f"http://127.0.0.1:{port}/v1"], environment)
        yield Place(environment, json.loads(known.splitlines()[-1]), time.perf_counter() - begun)


@contextmanager
def process(module: str, environment: dict[str, str]) -> Iterator[str]:
    """Run a module and yield the first line that it prints."""
    command = [sys.executable, "-m", module]
    running = subprocess.Popen(command, cwd=settings.ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert running.stdout
    try:
        yield running.stdout.readline().strip()
    finally:
        running.kill()
        running.wait()


@contextmanager
def web(place: Place, application: str = "config.asgi:application", **names: str) -> Iterator[int]:
    """Start one web process and yield its port once it answers."""
    port = free_port()
    command = [sys.executable, "-m", *SERVE, "--host", "127.0.0.1", "--port", str(port), application]
    log = Path(place.environment["TUNEDECK_DATA"]) / f"web-{port}.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            command, cwd=settings.ROOT, env={**place.environment, **names}, stdout=output, stderr=output
        )
    try:
        wait_for(lambda: answers(port), f"the web process ({log.read_text(errors='replace')[-2000:]})", 60)
        yield port
    finally:
        running.kill()
        running.wait()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/accounts/login/").status_code < 500
    except httpx.HTTPError:
        return False


def click(port: int, people: Sequence[dict[str, Any]], seconds: float, pause: float, **more: Any) -> dict[str, Any]:
    """Let the people click for so long; return what took how long, and what went wrong."""
    given = json.dumps({"port": port, "people": list(people), "seconds": seconds, "pause": pause, **more})
    command = [sys.executable, "-m", "tests.bench.load.people"]
    said = subprocess.run(command, cwd=settings.ROOT, input=given + "\n", text=True, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def done(command: list[str], environment: dict[str, str]) -> str:
    finished = subprocess.run(command, cwd=settings.ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return finished.stdout

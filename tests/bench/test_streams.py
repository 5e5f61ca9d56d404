"""2,000 open live streams on one web process: signed in, through the real middleware, on the server of `make run`.

The web process, the viewers and whoever commits the events are processes of their own. While events come, this one
asks for ordinary pages, as people do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from django.conf import settings

from tests.bench.bars import below, said
from tests.product import wait_for
from tests.servers import free_port, postgresql

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

STREAMS = 2000
FINE_TUNES = 20
PEOPLE = 100
ROUNDS = 30
PAUSE = 1.0
"""Seconds between two events of one fine-tune."""
FEW = 20


@dataclass
class Web:
    """The web process of the product, with a data folder of its own."""

    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kilobytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def asked(self) -> int:
        return int(httpx.get(f"{self.address}/asked").text)


@dataclass
class Viewers:
    process: subprocess.Popen[str]
    seconds: float = 0.0  # until all were open

    def tell(self, command: str) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@pytest.mark.parametrize("server", ["SQLite", "PostgreSQL"])
def test_two_thousand_streams_on_one_web_process(server: str, tmp_path: Path) -> None:
    with database(server) as address, web(tmp_path, address) as one:
        known = json.loads(run(one, "tests.bench.streams.provider", "make", str(PEOPLE), str(FINE_TUNES)))
        pks = known["fine_tunes"]
        read_pages(one, known, 2)
        quiet = read_pages(one, known, 10)
        said(f"{server}: ordinary pages while nobody watches, p95 (ms)", f"{np.percentile(quiet, 95) * 1000:.0f}")
        with viewers(one, known, FEW, 0) as few:
            alone = questions(one, few, pks, 10, 0)
        before = one.kilobytes()
        with viewers(one, known, STREAMS, 10) as many:
            said(f"{server}: seconds until all {STREAMS:,} were open", f"{many.seconds:.1f}")
            each = (one.kilobytes() - before) / STREAMS
            together = questions(one, many, pks, 10, 10)
            said(f"{server}: questions for each event", f"{alone:.1f} with {FEW} streams, {together:.1f} with {STREAMS:,}")
            held = [
                below(f"{server}: memory for each of {STREAMS:,} streams (KB)", each, 60),
                below(f"{server}: questions with {STREAMS:,} streams, those with {FEW} are 1", together / alone, 1.2),
                *watch_and_read(server, one, many, known),
            ]
    assert all(held)


def questions(one: Web, watching: Viewers, pks: list[int], rounds: int, said_before: int) -> float:
    """Return how many questions the web process asks for each event that is committed while nobody does anything else."""
    before = one.asked()
    run(one, "tests.bench.streams.provider", "speak", str(rounds), str(PAUSE), *map(str, pks))
    delivered(watching, said_before + rounds)
    return (one.asked() - before) / (rounds * len(pks))


def delivered(watching: Viewers, number: int) -> list[float]:
    """Wait until every stream has that many events; return how long each event took to each of them."""
    delays: list[float] = []

    def all_there() -> bool:
        told = watching.tell("report")
        delays.extend(told["delays"])
        assert told["wrong"] == 0, f"{told['wrong']} events lost, doubled or out of order"
        return set(told["last"]) == {number}

    wait_for(all_there, f"{number} events in every stream", 60)
    return delays


def watch_and_read(server: str, one: Web, many: Viewers, known: dict[str, Any]) -> list[bool]:
    """Return which bars were held."""
    command = [sys.executable, "-m", "tests.bench.streams.provider", "speak", str(ROUNDS), str(PAUSE)]
    speaking = subprocess.Popen([*command, *map(str, known["fine_tunes"])], cwd=settings.ROOT, env=one.environment)
    pages: list[float] = []
    while speaking.poll() is None:
        pages += read_pages(one, known, 1)
    delays = delivered(many, 20 + ROUNDS)
    assert len(delays) == ROUNDS * STREAMS
    said("load of the machine", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    said(f"{server}: events delivered, each once and in order", f"{len(delays):,}")
    said(f"{server}: from commit to delivery, median (s)", f"{np.percentile(delays, 50):.2f}")
    said(f"{server}: ordinary pages meanwhile", f"{len(pages)}, median {np.percentile(pages, 50) * 1000:.0f} ms")
    return [
        below(f"{server}: from commit to delivery, p99 (s)", float(np.percentile(delays, 99)), 1.5),
        below(f"{server}: ordinary pages meanwhile, p95 (ms)", float(np.percentile(pages, 95)) * 1000, 200),
    ]


def read_pages(one: Web, known: dict[str, Any], times: int) -> list[float]:
    """Return how long each page took from request to last byte, one after the other."""
    took: list[float] = []
    with httpx.Client(base_url=one.address, headers={"Cookie": known["cookies"][0]}) as client:
        for path in ("/", "/finetunes/", f"/finetunes/{known['fine_tunes'][0]}/", "/models/") * times:
            begun = time.perf_counter()
            assert client.get(path).status_code == 200
            took.append(time.perf_counter() - begun)
            time.sleep(0.05)
    return took


@contextmanager
def database(server: str) -> Iterator[str]:
    if server == "SQLite":
        yield ""
    else:
        with postgresql() as address:
            yield address


@contextmanager
def web(data: Path, database: str) -> Iterator[Web]:
    """Start the web process with the command of `make run`; only the application also counts questions."""
    from config.management.commands.run import processes

    port = free_port()
    names = {"TUNEDECK_DATA": str(data), "DATABASE_URL": database, "TUNEDECK_SAMPLE": "0", "PORT": str(port)}
    environment = {**os.environ, **names, "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run(
        [sys.executable, "manage.py", "set_up"], cwd=settings.ROOT, env=environment, check=True, capture_output=True
    )
    (command,) = [list(one.command) for one in processes() if one.name == "web"]
    command[command.index("--port") + 1] = str(port)
    command[-1] = "tests.bench.streams.counted:application"
    with (data / "web.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=settings.ROOT, env=environment, stdout=log, stderr=log)
    one = Web(environment, process, port)
    try:
        wait_for(lambda: answers(one), "the web process", 60)
        yield one
    finally:
        process.kill()
        process.wait()


def answers(one: Web) -> bool:
    try:
        return httpx.get(f"{one.address}/accounts/login/").status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def viewers(one: Web, known: dict[str, Any], number: int, said_before: int) -> Iterator[Viewers]:
    pks, cookies = known["fine_tunes"], known["cookies"]
    streams = [
        (f"/finetunes/{pks[place % len(pks)]}/stream/?after={said_before}-0", cookies[place % len(cookies)], said_before)
        for place in range(number)
    ]
    command = [sys.executable, "-m", "tests.bench.streams.viewers"]
    process = subprocess.Popen(command, cwd=settings.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    process.stdin.write(json.dumps({"port": one.port, "streams": streams}) + "\n")
    watching = Viewers(process)
    try:
        begun = time.perf_counter()
        assert watching.tell("open") == {"open": number}
        watching.seconds = time.perf_counter() - begun
        yield watching
    finally:
        process.kill()
        process.wait()


def run(one: Web, module: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=settings.ROOT, env=one.environment, check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode()

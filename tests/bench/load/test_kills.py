"""Everything dies in turn while people click and fine-tunes run: PostgreSQL, Redis, and each process.

Everything is on PostgreSQL and Redis, under the supervisor that restarts processes. What is measured is the time from
the moment that the dead part may run again until pages answer, the health page names nothing, and events come again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.bench.bars import below, said
from tests.chaos.looking import one, prepared
from tests.chaos.mortal import Deployment, deployment
from tests.chaos.person import OWNER, Person
from tests.chaos.test_fine_tunes import BASES, each_job_once, ends_well
from tests.chaos.test_servers import told_once
from tests.product import wait_for

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.timeout(1800)]

PEOPLE, PAUSE = 50, 5.0
RECOVERY_SECONDS = 30.0
AWAY_SECONDS = 10.0
EPOCHS = 60
PROCESSES = ("web", "trainer", "worker", "training", "beat")


def test_whatever_dies_it_recovers_by_itself_and_loses_nothing(tmp_path: Path) -> None:
    with deployment(tmp_path) as deployed:
        product = deployed.product
        person = Person(product.address)
        person.sign_in(*OWNER)
        version = prepared(product, person, "small", 60)[0]
        connection = one(product, "select id from connections_connection")
        started = [start(person, version, connection, number) for number in range(2)]
        held = []
        with clicking(deployed, person, started):
            for number, (name, seconds) in enumerate(deaths(deployed, person)):
                held.append(below(f"seconds until all is well after: {name}", seconds, RECOVERY_SECONDS))
                started.append(start(person, version, connection, number))
        for fine_tune in started:
            ends_well(product, fine_tune)
        each_job_once(product)
        told_once(deployed)
        said("fine-tunes that came to their end, each once", str(len(started)))
    assert all(held)


def start(person: Person, version: int, connection: int, number: int) -> int:
    return person.start(person.form(version, connection, BASES[number % 2], epochs=EPOCHS if number < 2 else 8))


def deaths(deployed: Deployment, person: Person) -> Iterator[tuple[str, float]]:
    """Kill one part after the other; yield what was killed, and how long it took until nothing showed it any more."""
    for name, server in (("PostgreSQL", deployed.postgresql), ("Redis", deployed.redis)):
        for seconds in (0.0, AWAY_SECONDS):
            before = moving(deployed)
            server.kill()
            time.sleep(seconds)
            server.start()
            yield f"{name}, {f'away for {seconds:.0f} s' if seconds else 'back at once'}", deployed.recovered(before)
    for name in PROCESSES:
        before = moving(deployed)
        dead = deployed.product.kill(name)
        wait_for(lambda name=name, dead=dead: deployed.product.processes().get(name, dead) != dead, f"another {name}")  # type: ignore[misc]
        yield f"process {name}", deployed.recovered(before)


def moving(deployed: Deployment) -> int:
    """Wait until events come, so that those that come after a death tell something; return how many there are."""
    before = deployed.told()
    wait_for(lambda: deployed.told() > before, "an event")
    return deployed.told()


@contextmanager
def clicking(deployed: Deployment, person: Person, started: list[int]) -> Iterator[None]:
    """Let people click all the while; what they are answered while something is away is not what is measured here."""
    cookie = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    known: dict[str, Any] = {
        "cookie": cookie,
        "role": "owner",
        "fine_tunes": started,
        "models": [],
        "datasets": [1],
        "pages": 1,
    }
    steps = [("home", "/"), ("list", "/finetunes/"), ("detail", f"/finetunes/{started[0]}/"), ("datasets", "/datasets/")]
    given = {"port": deployed.product.port, "people": [known] * PEOPLE, "seconds": 3600, "pause": PAUSE, "only": steps}
    command = [sys.executable, "-m", "tests.bench.load.people"]
    process = subprocess.Popen(command, cwd=settings.ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stdin
    process.stdin.write(json.dumps(given) + "\n")
    process.stdin.flush()
    try:
        yield
    finally:
        process.kill()
        process.wait()

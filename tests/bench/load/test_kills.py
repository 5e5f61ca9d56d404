"""Everything dies in turn while people click, models are asked and fine-tunes run: PostgreSQL, Redis, each process.

Everything is on PostgreSQL and Redis, under the supervisor that restarts processes. What is measured is the time from
the moment that a dead server runs again, or that a process was killed, until pages answer, the health page names
nothing, events of fine-tunes come again and the evaluation has new answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.bars import below, said
from tests.bench.load.busy import clicking, no_page_was_an_error_of_ours
from tests.bench.load.test_servers import RECOVERY_SECONDS, told_once
from tests.chaos.evaluated import AT_ONCE, Evaluated, evaluating, moving
from tests.chaos.looking import one, prepared
from tests.chaos.mortal import Deployment, deployment
from tests.chaos.person import OWNER, Person
from tests.chaos.test_fine_tunes import BASES, PROCESSES, each_job_once, ends_well

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.timeout(1800)]

PEOPLE, PAUSE = 50, 5.0
"""A quarter of those of test_pages: here they share two processors with everything else that is killed and started."""
AWAY_SECONDS = 10.0
LONG, SHORT = 50, 8  # epochs


def test_whatever_dies_it_recovers_by_itself_and_loses_nothing(tmp_path: Path) -> None:
    with deployment(tmp_path, TUNEDECK_EVALUATION_CONCURRENCY=str(AT_ONCE)) as deployed:
        product = deployed.product
        person = Person(product.address)
        person.sign_in(*OWNER)
        version = prepared(product, person, "small", 60)[0]
        connection = one(product, "select id from connections_connection")
        started = [person.start(person.form(version, connection, "babbage-002", epochs=LONG)) for _ in range(2)]
        steps = [("home", "/"), ("list", "/finetunes/"), ("detail", f"/finetunes/{started[0]}/"), ("datasets", "/datasets/")]
        took: dict[str, dict[str, float]] = {}
        with evaluating(deployed, person) as evaluated:
            with clicking(product, person, steps, PEOPLE, PAUSE) as errors:
                for number, (name, seconds) in enumerate(deaths(deployed, evaluated)):
                    took[name] = seconds
                    said(name, ", ".join(f"{what} {after:.1f} s" for what, after in seconds.items()))
                    base = BASES[number % len(BASES)]
                    started.append(person.insist(person.form(version, connection, base, epochs=SHORT)))
            evaluated.ends_well(len(took))
        said("pages that were not shown while something was away", no_page_was_an_error_of_ours(errors))
        for fine_tune in started:
            ends_well(product, fine_tune)
        each_job_once(product)
        told_once(deployed, started)
        said("fine-tunes that came to their end, each once", str(len(started)))
    held = [below(f"seconds until all is well after: {name}", max(took[name].values()), RECOVERY_SECONDS) for name in took]
    assert all(held)


def deaths(deployed: Deployment, evaluated: Evaluated) -> Iterator[tuple[str, dict[str, float]]]:
    """Kill one part after the other; yield what was killed, and how long it took until nothing showed it any more."""
    for name, server in (("PostgreSQL", deployed.postgresql), ("Redis", deployed.redis)):
        for seconds in (0.0, AWAY_SECONDS):
            moving(deployed, evaluated)
            server.kill()
            time.sleep(seconds)
            server.start()
            away = f"away for {seconds:.0f} s" if seconds else "back at once"
            yield f"{name}, {away}", deployed.recovered(evaluated.answers)
    for name in PROCESSES:
        moving(deployed, evaluated)
        yield f"process {name}", deployed.killed(name, evaluated.answers)

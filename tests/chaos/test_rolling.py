"""A rolling restart: each process in turn is asked to end, as when a new version is put in its place.

Fine-tunes go on, whoever watches them gets each event once and in order, and no question of an evaluation is paid twice.
What `kill -9` does is in the other files here and in tests/bench/load/test_kills.py.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chaos.evaluated import AT_ONCE, evaluating, moving
from tests.chaos.looking import meanwhile, one, prepared
from tests.chaos.mortal import Deployment, deployment
from tests.chaos.person import OWNER, Person
from tests.chaos.test_fine_tunes import BASES, each_job_once, ends_well
from tests.finetunes.test_stream_processes import Watcher
from tests.product import wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("chaos-servers"), pytest.mark.timeout(600)]

WATCHERS = 3  # of each fine-tune
EPOCHS = 50
ORDER = ("web", "trainer", "worker", "beat", "training")
LINES = "select ordinal from finetunes_event where fine_tune_id = ? and type <> 'metrics' order by ordinal"


def test_who_watches_gets_each_event_once_while_every_process_is_exchanged(tmp_path: Path) -> None:
    with deployment(tmp_path, TUNEDECK_EVALUATION_CONCURRENCY=str(AT_ONCE)) as deployed:
        product, person = deployed.product, Person(deployed.product.address)
        person.sign_in(*OWNER)
        version = prepared(product, person, "small", 60)[0]
        connection = one(product, "select id from connections_connection")
        watchers: dict[int, list[Watcher]] = {}
        with ExitStack() as open_pages, evaluating(deployed, person) as evaluated:

            def begin(base: str) -> int:
                fine_tune = person.start(person.form(version, connection, base, epochs=EPOCHS))
                watchers[fine_tune] = open_pages.enter_context(watching(deployed, person, fine_tune))
                return fine_tune

            now = begin(BASES[0])
            for place, name in enumerate(ORDER):
                following = begin(BASES[1 - place % 2])  # so that there is more to come, however quick the machine
                wait_for(lambda now=now: is_begun(deployed, now), f"the training of fine-tune {now}")  # type: ignore[misc]
                moving(deployed, evaluated)
                exchange(deployed, name)
                now = following
            evaluated.ends_well(deaths=0)
            for fine_tune in watchers:
                ends_well(product, fine_tune)
            wait_for(lambda: all(one.browser.ended for some in watchers.values() for one in some), "the streams' ends")
        for fine_tune, some in watchers.items():
            told = [ordinal for (ordinal,) in product.rows(LINES, fine_tune)]
            assert [watcher.browser.ordinals for watcher in some] == [told] * WATCHERS
        waited = list(watchers.values())[1]
        assert all(watcher.broken for watcher in waited), "no stream was cut off: the web process was not exchanged"
        each_job_once(product)


def is_begun(deployed: Deployment, fine_tune: int) -> bool:
    status = "select status from finetunes_finetune where id = ?"
    return one(deployed.product, status, fine_tune) in {"running", "succeeded"}


def exchange(deployed: Deployment, name: str) -> None:
    """Ask a process to end, and wait for the one that the supervisor puts in its place."""
    old = deployed.product.processes()[name]
    os.kill(old, signal.SIGTERM)
    wait_for(lambda: deployed.product.processes().get(name, old) != old, f"another {name}")
    wait_for(deployed.shows_pages, "pages")


@contextmanager
def watching(deployed: Deployment, person: Person, fine_tune: int) -> Iterator[list[Watcher]]:
    """Have a fine-tune watched by browsers that come again whenever their stream breaks off."""
    cookie = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    watchers = [Watcher() for _ in range(WATCHERS)]
    with meanwhile(*(one.follow(fine_tune, [deployed.product.port], cookie) for one in watchers)):
        yield watchers

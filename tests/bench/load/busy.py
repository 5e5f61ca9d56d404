"""What goes on while parts die: people who click, and an evaluation whose provider counts what it is asked."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.bench.load.people import Person as Clicker
from tests.bench.load.people import Step
from tests.chaos.looking import one
from tests.chaos.mortal import Deployment
from tests.chaos.person import Person
from tests.evaluations.sorting import Sorting
from tests.playground.provider import serving
from tests.product import Product, wait_for

ROWS, AT_ONCE = 3000, 4
SLOWLY = 0.5  # seconds that the provider thinks about a question, for as long as parts die
LONG = 3600.0


@contextmanager
def clicking(product: Product, person: Person, steps: list[Step], people: int, pause: float) -> Iterator[list[str]]:
    """Let people open pages all the while; yield what they were answered instead of pages, as it grows."""
    cookie = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    known: dict[str, Any] = {"cookie": cookie, "role": "owner"}
    clickers = [Clicker(product.port, known, seed) for seed in range(people)]
    errors: list[str] = []
    for clicker in clickers:
        clicker.errors = errors
    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(clicker.live(time.monotonic() + LONG, pause, steps)) for clicker in clickers]
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True)))
    thread.start()
    try:
        yield errors
    finally:
        for task in tasks:
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


def no_page_was_an_error_of_ours(errors: list[str]) -> str:
    """Fail unless whoever got no page was not connected, or was told to come again; return how often what was."""
    said = Counter(found[1] if (found := re.search(r": Refused (\d+)", error)) else "no connection" for error in errors)
    others = [error for error in errors if re.search(r": Refused (?!503 )", error)]
    assert not others, others[:5]
    return ", ".join(f"{count} × {what}" for what, count in said.items()) or "nothing"


class Evaluated:
    """An evaluation under way, and how far it is."""

    def __init__(self, deployed: Deployment, provider: Sorting, run: int) -> None:
        self.deployed, self.provider, self.run = deployed, provider, run

    def answers(self) -> int:
        """How many answers there are, or -1 while nobody can say."""
        try:
            return int(one(self.deployed.product, "select count(*) from evaluations_answer where run_id = ?", self.run))
        except psycopg.OperationalError:
            return -1

    def ends_well(self, deaths: int) -> None:
        """Every row has one answer, and only what was out when a part died was asked again."""
        self.provider.choose = None
        state = "select state from evaluations_run where id = ?"
        wait_for(lambda: one(self.deployed.product, state, self.run) == "done", "the end of the evaluation")
        counts = "select count(*), count(distinct question_id), sum(case when problem = '' then 0 else 1 end)"
        found = self.deployed.product.rows(f"{counts} from evaluations_answer where run_id = ?", self.run)
        assert found == [(ROWS, ROWS, 0)]
        noted = self.deployed.product.rows("select done_count, problem_count from evaluations_run where id = ?", self.run)
        assert noted == [(ROWS, 0)]
        assert len(self.provider.log.times) == ROWS
        assert len(self.provider.log.asked) - ROWS <= deaths * AT_ONCE


@contextmanager
def evaluating(deployed: Deployment, person: Person) -> Iterator[Evaluated]:
    """Put a sheet of rows to a provider that takes its time."""
    with serving(Sorting(lambda *_: time.sleep(SLOWLY))) as (provider, base_url):
        assert isinstance(provider, Sorting)
        added = {"provider": "other", "name": "Counting", "base_url": base_url, "dialect": "jobs", "key": "any-word"}
        connection = int(person.post("/connections/add/", added).url.path.split("/")[2])
        sheet = "\n".join(["question,answer", *(f"post {number},baseball" for number in range(ROWS))]).encode()
        page = person.post("/evaluations/new/sheet/", {}, ("posts.csv", sheet))
        pk = int(page.url.path.split("/")[2])
        model = {"models": [f"c{connection}:babbage-002"]}
        form = {"name": "Posts", "prompt": "question", "expected": "answer", "known": "", "header_row": "1", **model}
        page = person.post(f"/evaluations/{pk}/start/", form)
        assert page.status_code == 200, page.text
        run = one(deployed.product, "select id from evaluations_run where evaluation_id = ?", pk)
        yield Evaluated(deployed, provider, int(run))


def moving(deployed: Deployment, evaluated: Evaluated) -> None:
    """Wait until an event and an answer have come, so that those that come after an end tell something."""
    told, answers = deployed.told(), evaluated.answers()
    wait_for(lambda: deployed.told() > told and evaluated.answers() > answers, "an event and an answer")

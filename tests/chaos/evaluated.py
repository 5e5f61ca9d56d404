"""An evaluation that goes on while parts die or are exchanged, and whose provider counts what it is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.chaos.looking import one
from tests.chaos.mortal import Deployment
from tests.chaos.person import Person
from tests.evaluations.sorting import Sorting
from tests.playground.provider import serving
from tests.product import wait_for

ROWS, AT_ONCE = 3000, 4
SLOWLY = 0.5  # seconds that the provider thinks about a question, for as long as parts die


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

"""Two hundred creates and their whole lives on a line that goes wrong, while `kill -9` takes worker after worker.

The limits of time are those of a real provider: silences last 30 seconds, and an answer counts as lost after 20.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.bench import bars
from tests.chaos.lives import Killer, check, live, said
from tests.chaos.looking import one, prepared, product_on_a_line
from tests.chaos.person import OWNER, Person
from tests.chaos.proxy import Weather

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.timeout(5400)]

CREATES = 200
DATA = 20
LIMITS = {"TUNEDECK_PROVIDER_SECONDS": "20", "TUNEDECK_PROVIDER_DOUBT_SECONDS": "30"}


def test_two_hundred_creates_on_a_bad_line_are_two_hundred_jobs(tmp_path: Path) -> None:
    weather = Weather(seed=2026, silence=30.0, starting=0.4, usual=0.08, silent=0.05)
    with product_on_a_line(tmp_path, weather, **LIMITS) as (line, product):
        person = Person(product.address)
        person.sign_in(*OWNER)
        versions = prepared(product, person, "tiny", 8, versions=DATA)
        killer = Killer(product, seed=2026, pause=3.0)
        begun = time.perf_counter()
        started = live(product, person, line, killer, versions, count=CREATES, seconds=5000)
        bars.said(f"{CREATES} creates and their lives on a bad line, in seconds", f"{time.perf_counter() - begun:.0f}")
        bars.said("chaos", said(line, killer))
        check(product, started, jobs_before=0)
        assert bars.reaches("jobs at the trainer", one(product, "select count(*) from trainer_job"), CREATES)

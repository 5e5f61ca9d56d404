"""Twenty runs of 100,000 steps side by side: the page, its chart, and a zoom into it, through the views."""

from __future__ import annotations

import time

import numpy as np
import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finetunes import metrics
from finetunes.models import FineTune
from tests.bench import bars
from tests.finetunes.conftest import connection, make, version
from tests.finetunes.runs import Maker
from tests.finetunes.test_compare import address

__all__ = ["connection", "make", "version"]

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600), pytest.mark.django_db]

RUNS, STEPS, TIMES = 20, 100_000, 7


@pytest.fixture
def runs(make: Maker) -> list[FineTune]:
    steps, random = np.arange(1, STEPS + 1), np.random.default_rng(1)
    series = {
        "elapsed_examples": metrics.series(steps, steps * 8.0),
        "validation_loss": metrics.Series(steps[99::100], random.random(STEPS // 100)),
    }
    return [
        make({**series, "training_loss": metrics.series(steps, random.random(STEPS))}, name=f"Run {number}")
        for number in range(RUNS)
    ]


def test_twenty_runs_of_a_hundred_thousand_steps(runs: list[FineTune], viewer_client: Client) -> None:
    kept = []
    for what, where in {
        "page": address(*runs),
        "chart over steps": address(*runs, name="compare-chart", metric="training_loss"),
        "chart over examples": address(*runs, name="compare-chart", metric="training_loss", x="elapsed_examples"),
        "zoom": address(*runs, name="compare-chart", metric="training_loss", **{"from": "40000", "to": "42000"}),
        "table": address(*runs, name="compare-table", metric="training_loss"),
    }.items():
        seconds, answer = measured(viewer_client, where)
        with CaptureQueriesContext(database) as queries:
            viewer_client.get(where)
        kept.append(bars.below(f"{RUNS} runs × {STEPS:,} steps, {what}: seconds of server time", seconds, 0.5))
        kept.append(bars.below(f"{what}: kilobytes", len(answer) / 1000, 150))
        kept.append(bars.below(f"{what}: queries", len(queries), 9))
    assert all(kept)


def measured(client: Client, where: str) -> tuple[float, bytes]:
    """Return the quickest of several requests: what others do on the machine is not measured."""
    answer, times = client.get(where), []
    for _ in range(TIMES):
        start = time.perf_counter()
        answer = client.get(where)
        times.append(time.perf_counter() - start)
    assert answer.status_code == 200
    return min(times), answer.content

"""1,000 running fine-tunes on one connection, polled by one worker process, each with 10 new events a round.

The worker and the provider are processes of their own; the database is a file, as it is by default.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.bench.bars import below, said
from tests.bench.many_jobs import many_jobs

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

FINE_TUNES = 1000
EVENTS = 10
ROUNDS = 12


def test_a_full_round_is_quick_and_small(tmp_path: Path) -> None:
    with many_jobs(FINE_TUNES) as provider:
        command = [sys.executable, "-m", "tests.bench.polling_worker", provider.base_url, str(FINE_TUNES)]
        done = subprocess.run(
            [*command, str(EVENTS), str(ROUNDS)],
            cwd=settings.ROOT,
            env={**_without_database(), "TUNEDECK_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["answered"] for one in rounds] == [FINE_TUNES] * ROUNDS
    assert [one["events"] for one in rounds] == [FINE_TUNES * EVENTS * number for number in range(1, ROUNDS + 1)]
    said("rounds in seconds", ", ".join(f"{one['seconds']:.1f}" for one in rounds))
    assert below(
        "a round of 1,000 fine-tunes with 10 new events each, slowest (s)", max(one["seconds"] for one in rounds), 15
    )
    assert below("memory above idle (MB)", max(one["megabytes"] for one in rounds), 120)
    each = [one["queries"] / FINE_TUNES for one in rounds]
    assert below("queries for each fine-tune, most", max(each), 2.5)
    assert below("queries for each fine-tune, last round over the first", each[-1] / each[0], 1.1)


def _without_database() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "CELERY_BROKER_URL"}}

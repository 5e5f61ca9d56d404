"""A worker process that polls, round after round: `python -m tests.bench.polling_worker URL FINE_TUNES EVENTS ROUNDS`.

It prints one line of JSON for each round: seconds, megabytes above idle at the most, queries, answers, events.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

import django

from tests.bench.many_jobs import Elsewhere


def main(base_url: str, fine_tunes: int, events: int, rounds: int) -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    connection = prepare(base_url, fine_tunes)
    provider = Elsewhere(int(base_url.split(":")[-1].split("/")[0]))
    provider.happen(0)
    idle = megabytes()
    for _ in range(rounds):
        provider.happen(events)
        print(json.dumps(measure(connection, idle)), flush=True)


def prepare(base_url: str, number: int) -> int:
    """Make the connection and its fine-tunes, and load all that a worker has loaded when it idles."""
    import config.celery
    from connections.models import Connection
    from finetunes import tasks, upcoming
    from finetunes.models import FineTune
    from teams.models import Organization

    assert config.celery.app.conf is not None
    assert tasks.poll is not None
    upcoming.PAUSES["running"] = ((600.0, 600.0), (600.0, 600.0))  # so that a round asks each once, however slow it is
    organization = Organization.objects.create(name="Example Org", slug="example")
    connection = Connection.objects.create(organization=organization, name="Many", base_url=base_url, key="sk-example")
    same: dict[str, Any] = {"organization": organization, "connection": connection, "dialect": "jobs", "status": "running"}
    made = (FineTune(name=f"{job}", remote_id=f"ftjob-{job}", base_model="gpt-4o-mini", **same) for job in range(number))
    FineTune.objects.bulk_create(made)
    return connection.pk


def measure(connection: int, idle: float) -> dict[str, float]:
    from django.db import connection as database
    from django.utils import timezone

    from finetunes.models import Event, FineTune, Polling
    from finetunes.polling import poll_connection

    FineTune.objects.update(due_at=timezone.now())
    Polling.objects.update(due_at=timezone.now())
    queries = 0

    def count(execute: Any, *rest: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*rest)

    begun = time.perf_counter()
    with database.execute_wrapper(count):
        answered = poll_connection(connection)
    seconds = time.perf_counter() - begun
    last = {"answered": answered, "events": Event.objects.count()}
    return {"seconds": seconds, "megabytes": megabytes() - idle, "queries": queries, **last}


def megabytes() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))

"""Whole lives under faults drawn at random: whatever breaks, each intent ends as one job, told once and in order."""

from __future__ import annotations

import random
from collections.abc import Callable

import httpx
import pytest
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import store
from finetunes.advance import advance
from finetunes.models import FineTune, Model, Upload
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.provider import Answer, Crash, Fault, Provider, crash, lost, status
from tests.finetunes.stepping import end_doubt, end_leases

FAULTS: list[Callable[[httpx.Request], Answer]] = [
    crash,
    lost(httpx.ReadTimeout),
    lost(httpx.ReadError),
    lost(httpx.RemoteProtocolError),
    lost(httpx.ConnectError),
    status(500),
    status(503),
    lambda _r: httpx.Response(502, html="<html>Bad gateway</html>"),
    lambda _r: httpx.Response(429, headers={"Retry-After": "1"}, json={"error": {"message": "Slow down"}}),
    lambda _r: httpx.Response(200, content=b'{"id": "ft'),
]


class Weather(Provider):
    """A provider behind a line that breaks one request in three, before or after it was acted on."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.chance = random.Random(seed)
        self.calm = False

    def _fault(self, request: httpx.Request) -> Fault | None:
        if self.calm or self.chance.random() > 0.35:
            return None
        # Half a results file is a table too, so nobody could tell: that fault is left out for contents.
        faults = FAULTS[:-1] if request.url.path.endswith("/content") else FAULTS
        return Fault(request.method, ".*", self.chance.choice(faults), after=self.chance.random() < 0.5)


def live_on(provider: Weather, rows: list[FineTune], dialects: dict[int, str], rounds: int) -> None:
    """Let workers take steps in any order; one that is killed leaves its leases behind for a while."""
    for _ in range(rounds):
        row = provider.chance.choice(rows)
        FineTune.objects.filter(pk=row.pk, due_at__isnull=False).update(due_at=timezone.now())
        try:
            advance(row.pk, provider.client(dialects[row.pk]))
        except Crash:
            if provider.chance.random() < 0.7:
                end_leases()
        if provider.chance.random() < 0.1:
            end_doubt(row)
            end_leases()


def work_on_jobs(provider: Weather) -> None:
    """The provider goes on with its jobs, whether anybody asks or not."""
    for id, job in provider.jobs.items():
        if job["status"] in ("pending", "validating_files"):
            provider.start(id)
        elif job["status"] == "running":
            done = sum("Step" in event["message"] for event in provider.events[id])
            if done >= 4:
                provider.succeed(id, b"step,training_loss\n1,0.9\n2,0.8\n3,0.7\n4,0.6\n")
            else:
                provider.log(id, f"Step {done + 1}/4: training loss=0.5", data={"step": done + 1, "train_loss": 0.5})


@pytest.mark.parametrize("seed", range(5))
def test_every_intent_becomes_one_job_told_once_and_in_order(
    seed: int, people: People, connection: Connection, version: Version
) -> None:
    provider = Weather(seed)
    bases = ["ada", "babbage-002", "ada", "babbage-002", "ada"]
    rows = [new_fine_tune(people, connection, version, base_model=base) for base in bases]
    dialects = {row.pk: row.dialect for row in rows}
    for _ in range(10):
        live_on(provider, rows, dialects, 20)
        work_on_jobs(provider)
    provider.calm = True
    for _ in range(10):
        end_leases()
        Upload.objects.update(doubt_until=None)
        for row in rows:
            end_doubt(row)
        live_on(provider, rows, dialects, 30)
        work_on_jobs(provider)

    assert len(provider.jobs) == len(rows)
    for row in FineTune.objects.all():
        assert row.status == Status.SUCCEEDED, row.trouble or row.error
        said = [event["message"] for event in provider.events[row.remote_id]]
        assert list(row.events.order_by("ordinal").values_list("message", flat=True)) == said
        assert list(row.events.values_list("ordinal", flat=True)) == list(range(1, len(said) + 1))
        assert store.read_series(row)["training_loss"].values.tolist() == [0.9, 0.8, 0.7, 0.6]
        assert row.files.count() == 1
    assert {row.remote_id for row in FineTune.objects.all()} == set(provider.jobs)
    names = [file["filename"] for file in provider.files.values()]
    assert len(names) == len(set(names)) == 2
    assert Model.objects.values("name").distinct().count() == Model.objects.count()

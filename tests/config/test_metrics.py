"""/metrics: who may read it, what it tells, and what workers add to it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, close_old_connections
from django.test import Client
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from config import metrics
from config.metrics import gauges, show, tally
from finetunes.live.shared import Run
from finetunes.live.tail import Tail
from teams.looks import Look
from work.models import Pulse
from work.models import Tally as Row

TOKEN = "a-token-for-prometheus"


@pytest.fixture
def with_token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def read(client: Client) -> dict[Any, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return samples(answer.content.decode())


def test_without_a_token_in_the_settings_there_is_no_such_page(client: Client, db: Any) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.usefixtures("with_token", "db")
@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer no", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ünïcödé"])
def test_who_does_not_show_the_token_reads_nothing(client: Client, given: str | None) -> None:
    answer = client.get("/metrics", headers={"Authorization": given} if given is not None else {})
    assert answer.status_code == 401
    assert b"tunedeck" not in answer.content


@pytest.mark.usefixtures("with_token", "db")
def test_it_tells_of_requests_work_workers_and_the_database(client: Client) -> None:
    Pulse.objects.beat("dashboard@here", "dashboard", 2)
    client.get("/accounts/login/")
    found = read(client)
    labels = (("method", "GET"), ("process", "web"), ("route", "account_login"), ("status", "200"))
    assert found["tunedeck_request_seconds_count", labels] >= 1
    assert found["tunedeck_worker_slots", (("queue", "dashboard"),)] == 2
    assert found["tunedeck_work_due", (("kind", "finetunes.finetune"),)] == 0
    assert found["tunedeck_database_up", ()] == 1
    assert found["tunedeck_database_bytes", ()] > 0
    assert found["tunedeck_streams_open", ()] == 0


@pytest.mark.usefixtures("with_token", "db")
def test_each_family_is_told_once(client: Client) -> None:
    Row.objects.create(name="tunedeck_task_seconds_count", labels='{"outcome": "success", "task": "a"}', value=3)
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    heads = [line for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads))
    assert 'tunedeck_task_seconds_count{outcome="success",process="worker",task="a"} 3.0' in text


@pytest.mark.usefixtures("with_token", "db")
def test_without_the_database_it_still_tells_what_this_process_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> Any:
        raise DatabaseError

    monkeypatch.setattr(gauges, "families", away)
    found = read(client)
    assert found["tunedeck_database_up", ()] == 0
    assert any(name == "tunedeck_request_seconds_count" for name, _ in found)


@pytest.mark.django_db
def test_what_waits_is_told_with_how_long_it_has_waited() -> None:
    from datasets.models import Dataset
    from teams.models import Organization

    organization = Organization.objects.create(name="Example Org", slug="example")
    past, later = timezone.now() - timedelta(minutes=5), timezone.now() + timedelta(minutes=1)
    for name, lease in (("waits", None), ("held", later)):
        Dataset.objects.create(organization=organization, name=name, size=1, due_at=past, lease_until=lease)
    found = {
        (sample.name, sample.labels.get("kind")): sample.value for family in gauges.families() for sample in family.samples
    }
    assert found["tunedeck_work_due", "datasets.dataset"] == 1
    assert found["tunedeck_work_held", "datasets.dataset"] == 1
    assert 300 <= found["tunedeck_work_waiting_seconds", "datasets.dataset"] < 330


@pytest.mark.django_db
def test_how_many_questions_it_asks_the_database_does_not_depend_on_the_rows(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(40):
        show.text()


def test_streams_are_counted_while_somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    from finetunes.live import tail

    one = Tail()
    one.runs[1, Look()] = Run(1, Look())
    one.runs[1, Look()].watchers = 3
    one.took, one.looked_at = 0.25, 1.0
    monkeypatch.setattr(tail, "_tails", {1: one})
    standing = tail.standing()
    assert (standing.streams, standing.seconds) == (3, 0.25)
    assert standing.late > 0


# What workers count


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> CollectorRegistry:
    own = CollectorRegistry()
    monkeypatch.setattr(metrics, "REGISTRY", own)
    return own


def worker() -> tally.Tally:
    made = tally.Tally()
    made.is_worker = True
    return made


def stored() -> dict[tuple[str, str], float]:
    return {(row.name, row.labels): row.value for row in Row.objects.all()}


@pytest.mark.django_db
def test_a_worker_adds_what_is_new_and_nothing_twice(registry: CollectorRegistry) -> None:
    done = Counter("done", "…", ["task"], registry=registry)
    mine = worker()
    done.labels("a").inc(3)
    mine.keep()
    mine.keep()
    done.labels("a").inc()
    mine.keep()
    assert stored() == {("done_total", '{"task": "a"}'): 4}


@pytest.mark.django_db
def test_a_new_worker_goes_on_where_others_stopped(registry: CollectorRegistry) -> None:
    done = Counter("done", "…", registry=registry)
    done.inc(2)
    worker().keep()
    worker().keep()
    assert stored() == {("done_total", "{}"): 4}


@pytest.mark.django_db
def test_what_cannot_be_written_is_written_later(registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    Counter("done", "…", registry=registry).inc(2)
    mine = worker()

    def away(new: Any) -> None:
        raise DatabaseError("no answer")

    with monkeypatch.context() as broken:
        broken.setattr(tally, "_add", away)
        mine.keep()
    assert stored() == {}
    mine.keep()
    assert stored() == {("done_total", "{}"): 2}


@pytest.mark.django_db
def test_a_web_process_writes_nothing(registry: CollectorRegistry) -> None:
    Counter("done", "…", registry=registry).inc()
    tally.Tally().keep()
    assert stored() == {}


@pytest.mark.django_db
def test_durations_of_workers_stand_beside_the_web_processs_own(registry: CollectorRegistry) -> None:
    took = Histogram("took_seconds", "…", ["task"], buckets=(1.0, 10.0), registry=registry)
    took.labels("a").observe(5)
    worker().keep()
    took.labels("a").observe(5)
    (family,) = tally.families(here="web")
    values = {(one.name, one.labels["process"], one.labels.get("le")): one.value for one in family.samples}
    assert values["took_seconds_count", "web", None] == 2
    assert values["took_seconds_count", "worker", None] == 1
    assert values["took_seconds_bucket", "worker", "10.0"] == 1
    assert values["took_seconds_sum", "worker", None] == 5


@pytest.mark.django_db(transaction=True)
def test_workers_that_write_at_once_lose_nothing(registry: CollectorRegistry) -> None:
    for task in "abcdef":
        Counter(f"done_{task}", "…", registry=registry).inc()

    def write() -> None:
        worker().keep()
        close_old_connections()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(stored().values()) == {4}

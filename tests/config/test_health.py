from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from config import health, pulse
from config.celery import app
from config.doctor import database
from config.doctor.workers import NAMES
from work.models import FRESH_SECONDS, Pulse


@pytest.fixture
def alive(db: Any) -> None:
    for queue in NAMES:
        Pulse.objects.beat(f"{queue}@here", queue)


@pytest.mark.usefixtures("alive")
def test_all_is_well_when_every_part_answers(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "not answering": []})


def test_it_needs_no_sign_in_and_tells_nothing_else(client: Client, db: Any) -> None:
    response = client.get("/healthz")
    assert response.status_code == 503
    assert set(response.json()) == {"ok", "not answering"}


@pytest.mark.usefixtures("alive")
@pytest.mark.parametrize("queue", NAMES)
def test_a_silent_worker_or_clock_is_named(client: Client, queue: str) -> None:
    Pulse.objects.filter(queue=queue).update(at=timezone.now() - timedelta(seconds=FRESH_SECONDS + 1))
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["not answering"] == [NAMES[queue]]


@pytest.mark.usefixtures("alive")
def test_a_silent_broker_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> Any:
        raise ConnectionRefusedError

    monkeypatch.setattr(app, "connection_for_write", refused)
    assert client.get("/healthz").json()["not answering"] == ["broker"]


def test_a_silent_database_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        def cursor(self) -> Any:
            raise DatabaseError

    monkeypatch.setattr(database, "connection", Silent())
    assert client.get("/healthz").json()["not answering"] == ["database"]


@pytest.mark.usefixtures("alive")
def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


def test_a_process_lives_whatever_the_rest_does(client: Client) -> None:
    assert client.get("/healthz/live").json() == {"ok": True, "not answering": []}


def test_a_process_is_ready_when_the_database_has_its_tables(client: Client, db: Any) -> None:
    assert client.get("/healthz/ready").status_code == 200


def test_a_process_is_not_ready_before_the_tables_are_there(
    client: Client, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_migrated", set())
    MigrationRecorder.Migration.objects.filter(app="work", name="0002_tally").delete()
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()["not answering"]) == (503, ["migrations"])


def test_a_process_is_not_ready_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "answers", lambda: False)
    assert client.get("/healthz/ready").status_code == 503


@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_its_sign_of_life_again_and_again_into_one_row() -> None:
    pulse.beat("dashboard@here", "dashboard", 2)
    pulse.beat("dashboard@here", "dashboard", 2)
    assert Pulse.objects.alive("dashboard").count() == 1
    assert Pulse.objects.slots("dashboard") == 2


@pytest.mark.django_db
def test_workers_silent_for_a_day_are_forgotten() -> None:
    Pulse.objects.create(worker="training@gone", queue="training", at=timezone.now() - timedelta(days=2))
    Pulse.objects.beat("dashboard@here", "dashboard")
    assert not Pulse.objects.filter(worker="training@gone").exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_does_not_stop_the_worker(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*args: Any) -> None:
        raise DatabaseError("no answer")

    monkeypatch.setattr(Pulse, "objects", type("Away", (), {"beat": staticmethod(away)}))
    pulse.beat("dashboard@here", "dashboard", 2)
    assert "could not write a sign of life: no answer" in caplog.text

"""Brokers that are away: whoever sends does not wait for them, and who listens soon asks again."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from kombu import Connection
from kombu.exceptions import OperationalError

from config import env, reconnect
from config.celery import app
from tests.servers import free_port

SOON = 3.0


def test_a_ring_that_finds_no_broker_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    address = f"redis://127.0.0.1:{free_port()}/0"
    ringing = Celery("ringing", broker=address, set_as_current=False)
    ringing.conf.broker_transport_options = env.transport(address, Path())
    ringing.conf.task_publish_retry_policy = app.conf.task_publish_retry_policy
    begun = time.monotonic()
    with pytest.raises(OperationalError):
        ringing.send_task("anything")
    assert time.monotonic() - begun < SOON


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "rediss://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
def test_no_transport_waits_without_end(address: str) -> None:
    assert env.transport(address, Path())["max_retries"] == 1


def test_the_worker_of_the_product_is_one_that_soon_asks_again() -> None:
    assert app.conf.worker_consumer == "config.reconnect:Consumer"
    assert app.conf.broker_connection_max_retries is None


def test_a_worker_waits_a_few_seconds_at_most_between_two_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(Connection, "ensure_connection", lambda self, *args, **wishes: asked.update(wishes))
    consumer = object.__new__(reconnect.Consumer)
    consumer.app, consumer.first_connection_attempt = app, True
    consumer.ensure_connected(Connection("memory://"))
    assert asked["interval_max"] == reconnect.MOST_SECONDS


def test_a_message_that_cannot_be_given_back_to_a_broker_that_is_away_does_not_end_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(self: Connection) -> None:
        raise AttributeError("'NoneType' object has no attribute 'hostname'")

    monkeypatch.setattr(Connection, "close", stumble)
    consumer: Any = object.__new__(reconnect.Consumer)
    consumer.app, consumer.qos_global, consumer.prefetch_multiplier, consumer.pool = (
        app,
        False,
        1,
        SimpleNamespace(num_processes=1),
    )
    consumer.connection = Connection("memory://")
    consumer.on_connection_error_after_connected(OSError("Connection closed by server"))
    assert consumer.connection is None

"""The broker: does it answer, and do messages pile up before a door that nobody opens."""

from __future__ import annotations

from collections.abc import Iterator

from kombu.exceptions import OperationalError

from config.celery import app
from config.doctor.findings import Finding, bad, good, warning
from config.doctor.workers import QUEUES

MANY = 1000


def answers() -> bool:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True


def depths() -> dict[str, int]:
    """Return how many messages wait in each queue."""
    with app.connection_for_read() as broker:
        channel = broker.default_channel
        return {queue: channel.queue_declare(queue, passive=True).message_count for queue in QUEUES}


def look() -> Iterator[Finding]:
    if not answers():
        yield bad("The broker does not answer.", "See that it runs and that CELERY_BROKER_URL names it, with its password.")
        return
    yield good(f"The broker answers: {app.connection_for_write().transport_cls}.")
    try:
        waiting = depths()
    except Exception:  # each transport has its own way to say that nothing was ever sent to a queue
        return
    for queue, number in waiting.items():
        if number > MANY:
            yield warning(
                f"{number} messages wait in the queue “{queue}”.",
                f"Start more workers for it: `celery -A config.celery worker -Q {queue}`.",
            )

"""A pool of processes that survives the death of one of them.

Celery's processes share one queue and wait for work with its lock in their hands. One that is killed there, as the
system does when memory is short, takes the lock along, and no other ever gets work again. So they wait first, and
take the lock only to read what has come.
"""

from __future__ import annotations

from typing import Any

from billiard.queues import SimpleQueue


def get_payload(queue: Any) -> bytes:
    """Return the next message of the queue; wait for one without its lock."""
    while True:
        queue._reader.poll(None)
        with queue._rlock:
            if queue._reader.poll(0):
                payload: bytes = queue._reader.recv_bytes()
                return payload


def install() -> None:
    setattr(SimpleQueue, "get_payload", get_payload)  # noqa: B010 (what it is typed as, ours fits as well)

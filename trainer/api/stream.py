"""Server-sent events: data only, `[DONE]` last, and then the connection closes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import StreamingHttpResponse

from trainer.api import envelope, shapes
from trainer.api.envelope import Broken
from trainer.models import Event, Job

log = logging.getLogger(__name__)

DONE = b"data: [DONE]\n\n"
LOOK_EVERY = 0.5
QUIET_SECONDS = 15.0


def response(body: AsyncIterator[bytes]) -> StreamingHttpResponse:
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no", "Connection": "close"}
    return StreamingHttpResponse(body, content_type="text/event-stream", headers=headers)


async def legacy_events(job: Job) -> AsyncIterator[bytes]:
    """Tell a job's events from the first one on, and new ones as they come, until the job has ended."""
    last, quiet = 0, 0.0
    while True:
        # The status is read first, so that an ending is never seen before its last events.
        finished, events = await sync_to_async(_news)(job.pk, last)
        for event in events:
            last, quiet = event.pk, 0.0
            yield _data(shapes.legacy_event(event))
        if finished:
            break
        quiet += LOOK_EVERY
        if quiet >= QUIET_SECONDS:
            quiet = 0.0
            yield b": still here\n\n"
        await asyncio.sleep(LOOK_EVERY)
    yield DONE


async def chunks(parts: Iterator[dict[str, Any]], request_id: str) -> AsyncIterator[bytes]:
    """Send what an iterator makes, which runs in a thread because making it is work for the processor."""
    try:
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            yield _data(part)
    except Exception:
        log.exception("request %s broke off in its stream", request_id)
        yield _data(envelope.error(Broken(request_id)))
        return
    yield DONE


def _news(job_id: int, after: int) -> tuple[bool, list[Event]]:
    try:
        job = Job.objects.get(pk=job_id)
        return job.finished, list(Event.objects.filter(job_id=job_id, pk__gt=after).order_by("pk"))
    finally:
        close_old_connections()


def _data(value: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"

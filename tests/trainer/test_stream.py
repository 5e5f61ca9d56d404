from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from tests.trainer.conftest import Caller, legacy, work
from trainer import finish
from trainer.api import stream
from trainer.models import Event, Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LOOK_EVERY", 0.001)


def followed(job: Job, then: Callable[[list[bytes]], object]) -> list[bytes]:
    """Follow a job's events to their end; after each part, `then` may change the world."""

    async def follow() -> list[bytes]:
        parts: list[bytes] = []
        async for part in stream.legacy_events(job):
            parts.append(part)
            await sync_to_async(then)(parts)
        return parts

    return async_to_sync(follow)()


def told(parts: list[bytes]) -> list[str]:
    return [json.loads(part.removeprefix(b"data: "))["message"] for part in parts if part.startswith(b"data: {")]


class TestLegacyEvents:
    def test_a_finished_job_is_told_again_from_its_beginning(self, owner: Caller) -> None:
        job = legacy(owner, n_epochs=1)
        work(job["id"])
        lines = owner.stream(f"fine-tunes/{job['id']}/events?stream=true")
        assert lines[-1] == "[DONE]"
        assert [json.loads(line) for line in lines[:-1]] == owner.get(f"fine-tunes/{job['id']}")["events"]

    def test_new_events_follow_until_the_job_has_ended(self, owner: Caller) -> None:
        job = Job.objects.get(public_id=legacy(owner)["id"])
        steps: list[Callable[[], object]] = [
            lambda: Event.objects.create(job=job, mark="a", message="one"),
            lambda: Event.objects.create(job=job, mark="b", message="two"),
            lambda: finish.cancel(job),
        ]
        parts = followed(job, lambda parts: steps.pop(0)() if steps else None)
        assert told(parts) == [f"Created fine-tune: {job.public_id}", "one", "two", "Fine-tune cancelled"]
        assert parts[-1] == b"data: [DONE]\n\n"
        assert parts.count(stream.DONE) == 1

    def test_a_quiet_stream_shows_that_it_is_alive(self, owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stream, "QUIET_SECONDS", 0.003)
        job = Job.objects.get(public_id=legacy(owner)["id"])

        def cancel_when_quiet(parts: list[bytes]) -> None:
            if parts[-1].startswith(b":") and not Job.objects.get(pk=job.pk).finished:
                finish.cancel(job)

        parts = followed(job, cancel_when_quiet)
        assert b": still here\n\n" in parts
        assert parts[-1] == stream.DONE

    @pytest.mark.parametrize("value", ["false", "0", ""])
    def test_events_are_streamed_only_when_asked_for(self, owner: Caller, value: str) -> None:
        job = legacy(owner)
        assert owner.get(f"fine-tunes/{job['id']}/events", stream=value)["object"] == "list"

    def test_an_unknown_job_is_no_stream(self, owner: Caller) -> None:
        owner.get("fine-tunes/ft-unknown/events", 404, stream="true")


class TestChunks:
    def collected(self, body: AsyncIterator[bytes]) -> list[bytes]:
        async def collect() -> list[bytes]:
            return [part async for part in body]

        return async_to_sync(collect)()

    def test_parts_are_events_and_the_last_says_done(self) -> None:
        parts: list[dict[str, Any]] = [{"a": 1}, {"b": "→\n"}]
        assert self.collected(stream.chunks(iter(parts), "x")) == [
            b'data: {"a":1}\n\n',
            'data: {"b":"→\\n"}\n\n'.encode(),
            b"data: [DONE]\n\n",
        ]

    def test_the_connection_closes_after_the_end(self) -> None:
        response = stream.response(stream.chunks(iter([]), "x"))
        assert response["Content-Type"] == "text/event-stream"
        assert response["Connection"] == "close"
        assert response["Cache-Control"] == "no-cache"

"""The ASGI application, spoken to as a server speaks to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from tests.work.served import GONE, WHOLE, scope, spoken
from trainer.api.server import Server

PATH = "/v1/openapi.json"


class Canned(Server):
    """Answers with what it is given."""

    def __init__(self, make: Callable[[], HttpResponseBase]) -> None:
        super().__init__()
        self.answer = lambda scope, body: make()


class Parts:
    """Something to stream that knows how it ended."""

    def __init__(self, count: int) -> None:
        self.count, self.ended = count, False

    def response(self) -> StreamingHttpResponse:
        return StreamingHttpResponse(self._parts(), content_type="text/event-stream")

    async def _parts(self) -> AsyncIterator[bytes]:
        try:
            for _ in range(self.count):
                yield b"part"
                await asyncio.sleep(0)
            if self.count == 0:
                raise ZeroDivisionError
        finally:
            self.ended = True


def test_a_request_is_answered_whole() -> None:
    head, *parts = spoken(Server(), scope(PATH), WHOLE)
    assert head["status"] == 200
    assert json.loads(b"".join(part["body"] for part in parts))["openapi"] == "3.1.0"
    assert [part["more_body"] for part in parts] == [True] * (len(parts) - 1) + [False]


def test_a_body_may_come_in_parts() -> None:
    parts = ({"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.request", "body": b"}"})
    head, body = spoken(Server(), scope("/v1/nothing", method="POST"), *parts)
    assert head["status"] == 404
    assert json.loads(body["body"])["error"]["code"] == "unknown_url"


def test_whoever_goes_before_the_request_is_whole_gets_nothing() -> None:
    assert spoken(Server(), scope(PATH), {"type": "http.request", "body": b"{", "more_body": True}, GONE) == []


def test_an_address_that_is_no_text_is_refused_in_the_usual_shape() -> None:
    server = Server()
    server.create_request = lambda scope, body: (None, None)  # type: ignore[assignment, return-value]
    head, body = spoken(server, scope(PATH), WHOLE)
    assert head["status"] == 400
    assert set(json.loads(body["body"])["error"]) == {"message", "type", "param", "code"}


def test_nothing_but_http_is_spoken() -> None:
    with pytest.raises(ValueError, match="websocket"):
        spoken(Server(), scope(PATH, type="websocket"), WHOLE)


def test_a_stream_is_sent_to_its_end() -> None:
    parts = Parts(3)
    sent = spoken(Canned(parts.response), scope(PATH), WHOLE)
    assert [message.get("body") for message in sent] == [None, b"part", b"part", b"part", None]
    assert parts.ended


def test_a_stream_ends_when_nobody_reads_it_any_more() -> None:
    parts = Parts(10**9)
    spoken(Canned(parts.response), scope(PATH), WHOLE, GONE)
    assert parts.ended


def test_a_stream_that_breaks_does_not_end_as_if_it_were_whole() -> None:
    with pytest.raises(ZeroDivisionError):
        spoken(Canned(Parts(0).response), scope(PATH), WHOLE)

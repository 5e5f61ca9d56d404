"""Streams are tested over a real connection: in-process transports collect an answer before they hand it over."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import httpx
import pytest

from openai_api import Client, streams
from openai_api.errors import APIError, BadAnswer, ConnectionFailed, ConnectionLost, RateLimited, StreamFailed, Timeout
from openai_api.http import ANSWER_SECONDS
from openai_api.types import CompletionChunk
from tests.openai_api.listener import EVENT_STREAM, Pieces, listening
from tests.openai_api.provider import CHAT, COMPLETION, KEY, answering, refusal

T = TypeVar("T")


def data(payload: object) -> bytes:
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def text(piece: str, **fields: Any) -> bytes:
    return data({"id": "cmpl-1", "model": "ada", "choices": [{"index": 0, "text": piece, "finish_reason": None} | fields]})


def delta(**fields: Any) -> bytes:
    return data({"id": "chatcmpl-1", "model": "m", "choices": [{"index": 0, "delta": fields, "finish_reason": None}]})


def writing(*pieces: bytes) -> Callable[[], Pieces]:
    async def write() -> Pieces:
        for piece in pieces:
            yield piece

    return write


async def drained(stream: AsyncGenerator[T, None]) -> list[T]:
    async with aclosing(stream):
        return [chunk async for chunk in stream]


def completed(*pieces: bytes) -> list[CompletionChunk]:
    with listening(writing(EVENT_STREAM, *pieces)) as (_, address):
        return asyncio.run(drained(Client(address, KEY).astream_completion(model="ada", prompt="x")))


def within(work: Awaitable[T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(20):
            return await work

    return asyncio.run(bounded())


def test_a_completion_streams_to_its_end() -> None:
    chunks = completed(text(" bil"), b": keep-alive\n\n", text("ling", finish_reason="stop"), b"data: [DONE]\n\n", b"junk")

    assert [chunk.text for chunk in chunks] == [" bil", "ling"]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, "stop"]
    assert (chunks[0].id, chunks[0].model) == ("cmpl-1", "ada")


def test_a_chat_streams_to_its_end() -> None:
    usage = data({"choices": [], "usage": {"total_tokens": 9}})
    pieces = [delta(role="assistant", content=""), delta(content="Grüße "), delta(content="🙂"), usage, b"data: [DONE]\n\n"]
    with listening(writing(EVENT_STREAM, *pieces)) as (_, address):
        chunks = asyncio.run(drained(Client(address, KEY).astream_chat(model="m", messages=[])))

    assert "".join(chunk.text for chunk in chunks) == "Grüße 🙂"
    assert chunks[0].choices[0].role == "assistant"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 9


def test_a_stream_is_asked_for_in_the_request() -> None:
    with listening(writing(EVENT_STREAM, b"data: [DONE]\n\n")) as (listener, address):
        client = Client(address, KEY, organization="org-abc")
        asyncio.run(drained(client.astream_chat(model="m", messages=[], stop=None, temperature=0)))

    head, _, body = listener.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1")
    assert f"authorization: bearer {KEY}".encode() in head.lower()
    assert b"openai-organization: org-abc" in head.lower()
    assert json.loads(body) == {"model": "m", "messages": [], "temperature": 0, "stream": True}


def test_each_chunk_arrives_before_the_next_is_written() -> None:
    seen = threading.Event()

    async def write() -> Pieces:
        yield EVENT_STREAM + text("first")
        assert await asyncio.to_thread(seen.wait, 10)
        yield text("second") + b"data: [DONE]\n\n"

    async def read(address: str) -> list[str]:
        found = []
        async with aclosing(Client(address, KEY).astream_completion(model="ada")) as stream:
            async for chunk in stream:
                found.append(chunk.text)
                seen.set()
        return found

    with listening(write) as (_, address):
        assert within(read(address)) == ["first", "second"]


async def endless() -> Pieces:
    yield EVENT_STREAM + text("first")
    await asyncio.Event().wait()


def test_closing_a_stream_hangs_up() -> None:
    async def read(address: str) -> str:
        async with aclosing(Client(address, KEY).astream_completion(model="ada")) as stream:
            return (await anext(stream)).text

    with listening(endless) as (listener, address):
        assert within(read(address)) == "first"
        assert listener.hung_up.wait(10)


def test_cancelling_whoever_reads_hangs_up() -> None:
    async def read(address: str) -> bool:
        begun = asyncio.Event()

        async def follow() -> None:
            async for _ in Client(address, KEY).astream_completion(model="ada"):
                begun.set()

        reading = asyncio.create_task(follow())
        await begun.wait()
        reading.cancel()
        await asyncio.wait([reading])
        return reading.cancelled()

    with listening(endless) as (listener, address):
        assert within(read(address))
        assert listener.hung_up.wait(10)


def test_an_error_within_a_stream_is_raised_after_what_came_before() -> None:
    error = data({"error": {"message": f"Overloaded ({KEY})", "code": "busy", "type": "server_error"}})
    found: list[str] = []

    async def read(address: str) -> None:
        async for chunk in Client(address, KEY).astream_completion(model="ada"):
            found.append(chunk.text)

    with (
        listening(writing(EVENT_STREAM, text("first"), error, text("never"))) as (_, address),
        pytest.raises(StreamFailed) as caught,
    ):
        within(read(address))

    assert found == ["first"]
    assert (caught.value.message, caught.value.code, caught.value.type) == ("Overloaded ([key])", "busy", "server_error")


def test_a_null_error_is_none() -> None:
    assert [chunk.text for chunk in completed(data({"error": None, "choices": [{"text": "a"}]}))] == ["a"]


def test_a_stream_may_end_without_saying_so() -> None:
    assert [chunk.text for chunk in completed(text("first"), text("last").rstrip())] == ["first", "last"]


def test_a_stream_that_breaks_off_within_a_chunk_is_a_lost_connection() -> None:
    with pytest.raises(ConnectionLost, match="broke off"):
        completed(text("first"), text("second")[:30])


def test_a_stream_that_breaks_off_within_its_frame_is_a_lost_connection() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = text("first")
    frames = (head, f"{len(piece):x}\r\n".encode() + piece + b"\r\n", b"ff\r\n")
    with listening(writing(*frames)) as (_, address), pytest.raises(ConnectionLost):
        asyncio.run(drained(Client(address, KEY).astream_completion(model="ada")))


@pytest.mark.parametrize("payload", [b"data: oops\n\n", b"data: [1]\n\n"])
def test_a_chunk_that_makes_no_sense_is_a_bad_answer(payload: bytes) -> None:
    with pytest.raises(BadAnswer):
        completed(payload)


def test_a_server_that_says_nothing_times_out() -> None:
    async def silent() -> Pieces:
        yield EVENT_STREAM
        await asyncio.Event().wait()

    timeout = httpx.Timeout(5, read=0.05)
    with listening(silent) as (_, address), pytest.raises(Timeout):
        within(drained(Client(address, KEY, timeout=timeout).astream_completion(model="ada")))


def test_a_refusal_is_raised_and_not_tried_again() -> None:
    provider = answering(refusal(429, "Model is still being loaded"))

    with pytest.raises(RateLimited, match="still being loaded"):
        asyncio.run(drained(provider.client().astream_chat(model="m", messages=[])))

    assert len(provider.asked) == 1
    assert provider.slept == []


def test_without_a_connection_there_is_no_stream() -> None:
    with pytest.raises(ConnectionFailed):
        asyncio.run(drained(answering(httpx.ConnectError("refused")).client().astream_completion(model="ada")))


def test_a_server_that_does_not_stream_is_read_as_one_chunk() -> None:
    provider = answering(COMPLETION, CHAT)
    client = provider.client()

    assert [chunk.text for chunk in asyncio.run(drained(client.astream_completion(model="ada")))] == [" billing"]
    assert [chunk.text for chunk in asyncio.run(drained(client.astream_chat(model="m", messages=[])))] == ["billing"]


def test_a_web_page_is_not_an_empty_stream() -> None:
    page = httpx.Response(200, html="<html>Sign in</html>")

    with pytest.raises(APIError):
        asyncio.run(drained(answering(page).client().astream_completion(model="ada")))


def test_a_stream_has_a_limit_of_its_own_longer_than_a_plain_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert streams.STREAM_SECONDS > ANSWER_SECONDS
    monkeypatch.setattr(streams, "STREAM_SECONDS", 0.0)
    with pytest.raises(Timeout, match="took too long"):
        completed(text("a"), b"data: [DONE]\n\n")

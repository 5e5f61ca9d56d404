"""Answers that come token by token. Nothing is ever retried here: somebody is watching."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

from openai_api import answers, inference, refusals, sse
from openai_api.errors import BadAnswer, ConnectionLost
from openai_api.http import Ask, Bounds, Wire, encoded
from openai_api.types import ChatChunk, CompletionChunk

Chunk = TypeVar("Chunk")

STREAM_SECONDS = 900.0  # a long answer goes on as long as something comes


def completion(wire: Wire, place: str, params: Mapping[str, Any]) -> AsyncGenerator[CompletionChunk, None]:
    return _chunks(wire, place, params, inference.completion_chunk)


def chat(wire: Wire, place: str, params: Mapping[str, Any]) -> AsyncGenerator[ChatChunk, None]:
    return _chunks(wire, place, params, inference.chat_chunk)


async def _chunks(
    wire: Wire, path: str, params: Mapping[str, Any], read: Callable[[dict[str, Any]], Chunk]
) -> AsyncGenerator[Chunk, None]:
    body = encoded({**params, "stream": True})
    ask = Ask(method="POST", path=path, body=body, headers={"Accept": "text/event-stream"}, most_seconds=STREAM_SECONDS)
    async with wire.stream(ask) as answer:
        pieces = _bounded(answer.aiter_bytes(), Bounds(ask, answer))
        if _is_whole(answer.headers.get("content-type", "")):
            yield read(answers.as_object(answers.parse(b"".join([piece async for piece in pieces]))))
            return
        async with aclosing(_events(pieces)) as payloads:
            async for payload in payloads:
                yield read(_event(payload, wire))


def _is_whole(content_type: str) -> bool:
    """Say whether the server sent something that is no stream, as some do whatever they are asked."""
    return "json" in content_type or "html" in content_type


async def _bounded(chunks: AsyncIterator[bytes], within: Bounds) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield within.passing(chunk)


async def _events(pieces: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """Yield the payloads up to [DONE], or to the end of a server that does not send it."""
    lines = sse.Lines()
    async for piece in pieces:
        for payload in lines.feed(piece):
            if payload == sse.DONE:
                return
            yield payload
    for payload in lines.end():
        if payload != sse.DONE:
            yield _complete(payload)


def _complete(payload: str) -> str:
    try:
        answers.parse(payload.encode())
    except BadAnswer as error:
        raise ConnectionLost("The answer broke off.") from error
    return payload


def _event(payload: str, wire: Wire) -> dict[str, Any]:
    data = answers.as_object(answers.parse(wire.without_key(payload.encode())))
    if data.get("error"):
        raise refusals.in_stream(data, wire.redact)
    return data

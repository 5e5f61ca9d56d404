from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator

import httpx
import pytest

from openai_api import http
from openai_api.errors import BadAnswer, ConnectionLost, Timeout
from openai_api.http import Ask, Bounds
from tests.openai_api.listener import Pieces, listening
from tests.openai_api.provider import KEY, answering


def test_an_answer_that_is_too_long_is_not_read_to_its_end() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b" " * 1024**2

    with pytest.raises(BadAnswer, match="too long"):
        answering(httpx.Response(200, content=endless())).client().file("file-1")

    assert taken * 1024**2 <= http.ANSWER_BYTES + 2 * 1024**2


def test_a_small_answer_cannot_unfold_into_a_large_one() -> None:
    bomb = gzip.compress(b" " * (http.ANSWER_BYTES + 1))

    with pytest.raises(BadAnswer, match="too long"):
        answering(httpx.Response(200, content=bomb, headers={"content-encoding": "gzip"})).client().file("file-1")


def test_an_answer_that_does_not_unfold_is_a_bad_one() -> None:
    with pytest.raises(BadAnswer, match="decompressed"):
        answering(httpx.Response(200, stream=_Broken(), headers={"content-encoding": "gzip"})).client().file("file-1")


class _Broken(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"not gzip"


def test_files_may_be_longer_than_answers() -> None:
    body = b"x" * (http.ANSWER_BYTES + 1)

    assert len(answering(httpx.Response(200, content=body)).client().file_content("file-1")) == len(body)


def test_an_answer_that_drips_is_given_up() -> None:
    within = Bounds(Ask(method="GET", path="/files", most_seconds=0), httpx.Response(200))

    with pytest.raises(Timeout, match="too long"):
        within.passing(b"x")


def test_an_answer_that_breaks_off_is_a_lost_connection() -> None:
    async def half() -> Pieces:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"

    with listening(half) as (listener, address), pytest.raises(ConnectionLost):
        http.Wire(address, KEY, retries=0).get("/files")

    assert len(listener.requests) == 1


def test_a_server_that_does_not_answer_times_out() -> None:
    async def silent() -> Pieces:
        await asyncio.Event().wait()
        yield b""

    timeout = httpx.Timeout(5, read=0.05)
    with listening(silent) as (_, address), pytest.raises(Timeout):
        http.Wire(address, KEY, timeout=timeout).get("/files")


OTHERS = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"data": []}'


def test_a_proxy_is_for_the_world_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    async def empty_list() -> Pieces:
        yield OTHERS

    with listening(empty_list) as (proxy, proxy_address), listening(empty_list) as (trainer, address):
        monkeypatch.setenv("HTTP_PROXY", proxy_address.removesuffix("/v1"))
        http.Wire(address, KEY).get("/files")
        http.Wire("http://provider.example/v1", KEY).get("/files")

    assert trainer.requests[0].startswith(b"GET /v1/files ")
    assert proxy.requests[0].startswith(b"GET http://provider.example/v1/files ")

"""Calls to the outside meet real servers that lead elsewhere, never end, or are where nobody may call."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pytest_django.fixtures import Settings

from openai_api import http, streams
from openai_api.errors import APIError, BadAnswer, ConnectionFailed, ConnectionLost, Timeout
from openai_api.http import Ask, Wire
from tests.openai_api.listener import Pieces, listening
from tests.openai_api.provider import KEY
from work import hosts, outward

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
LIST = OK + b'Content-Length: 12\r\n\r\n{"data": []}'
DRIPS = 0.02


def wire(address: str, **options: Any) -> Wire:
    given = {"transport": outward.transport(), "async_transport": outward.async_transport, "retries": 0}
    return Wire(address, KEY, **(given | options))


def saying(*pieces: bytes) -> Callable[[], Pieces]:
    async def said() -> Pieces:
        for piece in pieces:
            yield piece

    return said


def dripping(first: bytes, drop: bytes) -> Callable[[], Pieces]:
    """Begin, and go on drop by drop for as long as somebody listens."""

    async def dripped() -> Pieces:
        yield first
        while True:
            yield drop
            await asyncio.sleep(DRIPS)

    return dripped


def ask(seconds: float = 0.3) -> Ask:
    return Ask(method="GET", path="/files", most_seconds=seconds, read_timeout=0.2)


@pytest.fixture
def strict(settings: Settings) -> None:
    settings.FORBID_PRIVATE_ADDRESSES = True


def named(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let a name lead to one address after the other, one for each time it is asked for; return who asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def found(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        if host != "provider.example":
            return real(host, port, *more, **options)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[min(len(asked), len(answers)) - 1], port))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return asked


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_are_not_followed_with_a_key(self, status: int) -> None:
        with listening(saying(LIST)) as (other, elsewhere):
            head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere}/files\r\nContent-Length: 0\r\n\r\n".encode()
            with listening(saying(head)) as (_first, address), pytest.raises(APIError):
                wire(address).get("/files")
        assert other.requests == []

    def test_are_not_followed_with_a_webhook(self) -> None:
        with listening(saying(LIST)) as (other, elsewhere):
            head = f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n".encode()
            with listening(saying(head)) as (_first, address), outward.client(httpx.Timeout(5)) as client:
                assert client.post(address, content=b"{}").status_code == 307
        assert other.requests == []


class TestTime:
    @pytest.mark.parametrize(
        ("first", "drop"),
        [
            pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", id="headers"),
            pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", id="header after header"),
            pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="promises"),
            pytest.param(OK + b"Content-Length: 99999999\r\n\r\n", b" ", id="body"),
            pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a", id="frames"),
        ],
    )
    def test_whoever_answers_drop_by_drop_is_hung_up_on(self, first: bytes, drop: bytes) -> None:
        with listening(dripping(first, drop)) as (listener, address):
            began = time.monotonic()
            with pytest.raises((Timeout, ConnectionLost)):
                wire(address).data(ask())
            assert time.monotonic() - began < 5
            assert listener.hung_up.wait(5)

    def test_a_stream_ends_in_time_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(streams, "STREAM_SECONDS", 0.3)
        first = OK.replace(b"application/json", b"text/event-stream") + b"\r\n"

        async def listen(address: str) -> None:
            asked = wire(address, timeout=httpx.Timeout(0.2))
            async for _chunk in streams.completion(asked, "/completions", {"model": "ada"}):
                pass

        with listening(dripping(first, b":\n")) as (_listener, address), pytest.raises(Timeout):
            asyncio.run(listen(address))

    def test_each_answer_on_a_kept_connection_has_its_own_time(self) -> None:
        with listening(saying(LIST.replace(b"Connection: close\r\n", b""))) as (_listener, address):
            asked = wire(address)
            for _time in range(3):
                assert asked.data(ask()) == {"data": []}
                time.sleep(0.15)


class TestSize:
    def test_an_endless_body_is_not_read(self) -> None:
        endless = dripping(OK + b"\r\n", b"x" * 20_000)
        with listening(endless) as (listener, address), pytest.raises(BadAnswer, match="too long"):
            wire(address).send(Ask(method="GET", path="/files", most_bytes=10_000))
        assert listener.hung_up.is_set() or len(listener.requests) == 1

    def test_a_refusal_is_shorter_than_an_answer_may_be(self) -> None:
        body = b"x" * (http.REFUSAL_BYTES + 1)
        head = b"HTTP/1.1 500 Oh\r\nContent-Length: %d\r\n\r\n" % len(body)
        with listening(saying(head, body)) as (_listener, address), pytest.raises(BadAnswer, match="too long"):
            wire(address).get("/files")

    def test_huge_headers_are_not_taken(self) -> None:
        with (
            listening(saying(OK + b"X-Huge: " + b"a" * 300_000 + b"\r\n\r\n")) as (_listener, address),
            pytest.raises(ConnectionLost),
        ):
            wire(address).get("/files")

    @pytest.mark.parametrize("encoding", [b"gzip, gzip", b"gzip,deflate", b"gzip\r\nContent-Encoding: gzip"])
    def test_what_is_packed_twice_is_not_unpacked(self, encoding: bytes) -> None:
        bomb = gzip.compress(gzip.compress(b" " * 50_000_000))
        head = OK + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (encoding, len(bomb))
        with listening(saying(head, bomb)) as (_listener, address), pytest.raises(BadAnswer, match="more than once"):
            wire(address).get("/files")


@pytest.mark.usefixtures("strict")
class TestPrivateAddresses:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
    def test_are_not_called(self, host: str) -> None:
        with listening(saying(LIST)) as (listener, address), pytest.raises(ConnectionFailed, match="private"):
            wire(address.replace("127.0.0.1", host)).get("/files")
        assert listener.requests == []

    def test_are_not_called_by_streams_or_webhooks_either(self) -> None:
        async def listen(address: str) -> None:
            async for _chunk in streams.completion(wire(address), "/completions", {"model": "ada"}):
                pass

        with listening(saying(LIST)) as (listener, address):
            with pytest.raises(ConnectionFailed, match="private"):
                asyncio.run(listen(address))
            with outward.client(httpx.Timeout(5)) as client, pytest.raises(httpx.ConnectError, match="private"):
                client.post(address)
        assert listener.requests == []

    def test_are_not_called_through_a_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        named(monkeypatch, "127.0.0.1")
        with listening(saying(LIST)) as (listener, address), pytest.raises(ConnectionFailed, match="private"):
            wire(address.replace("127.0.0.1", "provider.example")).get("/files")
        assert listener.requests == []

    def test_the_address_that_was_looked_at_is_the_one_that_is_called(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that leads elsewhere when it is asked for again gains nothing: it is asked for once."""
        asked, called = named(monkeypatch, "203.0.113.9", "127.0.0.1"), []

        def connect(address: Any, *more: Any, **options: Any) -> Any:
            called.append(address[0])
            raise OSError("not from here")

        monkeypatch.setattr(hosts, "is_private", lambda host: host.startswith("127."))
        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises(ConnectionFailed):
            wire("http://provider.example:9/v1").get("/files")
        assert asked == ["provider.example"]
        assert called == ["203.0.113.9"]

    def test_the_trainer_is_called_where_it_is(self, settings: Settings) -> None:
        with listening(saying(LIST)) as (_listener, address):
            settings.TRAINER_ADDRESS = address
            assert wire(address).get("/files") == {"data": []}

    def test_the_environments_proxy_is_not_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with listening(saying(LIST)) as (proxy, address):
            monkeypatch.setenv("HTTP_PROXY", address.removesuffix("/v1"))
            with pytest.raises(ConnectionFailed):
                wire("http://10.0.0.1/v1").get("/files")
            with outward.client(httpx.Timeout(5)) as client, pytest.raises(httpx.ConnectError, match="private"):
                client.post("http://10.0.0.1/")
        assert proxy.requests == []


def test_a_company_s_proxy_is_asked_where_private_addresses_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(saying(LIST)) as (proxy, address):
        monkeypatch.setenv("HTTP_PROXY", address.removesuffix("/v1"))
        assert wire("http://provider.example/v1").get("/files") == {"data": []}
    assert proxy.requests[0].startswith(b"GET http://provider.example/v1/files ")

"""What is longer than its address takes is answered without its body, by the servers that people run."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.work.served import _answer, head, said, served
from work.bounds import MARK, Bounds, Receive, Scope, Send

MOST = 1000
seen: list[tuple[int, bool]] = []


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Note how much came and whether it bears the mark, and answer, as the trainer does, without a length."""
    came, more = 0, True
    while more:
        message = await receive()
        came, more = came + len(message.get("body", b"")), message.get("more_body", False)
    seen.append((came, MARK in scope))
    status = 413 if MARK in scope else 200
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")][: status == 200]})
    await send({"type": "http.response.body", "body": b"no" if MARK in scope else b"ok"})


@pytest.fixture(scope="module", params=["h11", "httptools"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    with served(Bounds(app, lambda path: MOST if path == "/small" else 10 * MOST), http=request.param) as port:
        yield port


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    seen.clear()


def test_a_length_beyond_the_limit_is_answered_at_once_without_the_body(port: int) -> None:
    answer = said(port, head("/small", 10**12))
    assert answer.startswith("HTTP/1.1 413")
    assert answer.endswith("\n\nno")
    assert "connection: close" in answer.lower()
    assert seen == [(0, True)]


def test_what_just_fits_is_read(port: int) -> None:
    assert said(port, head("/small", MOST) + b"x" * MOST).startswith("HTTP/1.1 200")
    assert seen == [(MOST, False)]


def test_each_address_has_a_limit_of_its_own(port: int) -> None:
    assert said(port, head("/large", MOST + 1) + b"x" * (MOST + 1)).startswith("HTTP/1.1 200")
    assert said(port, head("/small", MOST + 1) + b"x" * (MOST + 1)).startswith("HTTP/1.1 413")


def test_a_body_without_a_length_is_cut_off_when_it_is_too_long(port: int) -> None:
    answer = said(port, head("/small", "chunked"), chunk=b"x" * 300, times=4)
    assert answer.startswith("HTTP/1.1 413")
    came, marked = seen[0]
    assert marked
    assert came <= MOST


def test_a_body_without_a_length_that_fits_is_read(port: int) -> None:
    sent = head("/small", "chunked") + b"3\r\nabc\r\n0\r\n\r\n"
    assert said(port, sent).startswith("HTTP/1.1 200")
    assert seen == [(3, False)]


def test_whoever_sends_on_still_reads_the_answer_and_is_then_hung_up_on(port: int) -> None:
    size = 8 << 20
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head("/small", size) + b"x" * size)
        assert _answer(line).startswith("HTTP/1.1 413")
        assert line.recv(1) == b""
    assert seen == [(0, True)]


def test_whoever_waits_to_be_asked_for_the_body_is_not_asked_for_it(port: int) -> None:
    assert said(port, head("/small", 10**9, "Expect: 100-continue")).startswith("HTTP/1.1 413")


def test_whoever_sends_nothing_more_is_hung_up_on_after_a_while(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("work.bounds.LINGER_SECONDS", 0.1)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head("/small", 10**9))
        assert _answer(line).startswith("HTTP/1.1 413")
        assert line.recv(1) == b""
    assert time.monotonic() - began < 4


def test_what_has_no_body_and_what_is_no_request_pass_untouched() -> None:
    passed: list[Any] = []

    async def inner(*given: Any) -> None:
        passed.append(given)

    bounds = Bounds(inner, lambda path: 0)
    given: list[Any] = [({"type": "http", "headers": [(b"host", b"x")]}, 1, 2), ({"type": "lifespan"}, 1, 2)]
    for one in given:
        with pytest.raises(StopIteration):
            bounds(*one).__await__().__next__()
    assert passed == given

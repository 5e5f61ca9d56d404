"""Who watches is told how each request went, and the provider is told our id."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from openai_api import watching
from openai_api.client import Client
from openai_api.errors import APIError
from openai_api.watching import Call

KEY = "canary-key-1234567890"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    calls: list[Call] = []
    monkeypatch.setattr(watching, "listeners", [calls.append])
    monkeypatch.setattr(watching, "request_id", lambda: "req_ours")
    return calls


def client(answer: httpx.Response | Exception, seen: list[httpx.Request] | None = None) -> Client:
    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(handle)
    return Client("http://provider.example/v1", KEY, transport=transport, async_transport=transport, retries=0, account="7")


def test_a_request_is_told_with_its_account_its_verb_its_outcome_and_the_providers_id(heard: list[Call]) -> None:
    listed = httpx.Response(200, json={"data": [], "object": "list"}, headers={"x-request-id": "req_theirs"})
    client(listed).files()
    (call,) = heard
    assert (call.account, call.verb, call.outcome, call.provider_id) == ("7", "GET files", "200", "req_theirs")
    assert call.seconds > 0


def test_the_provider_is_told_our_id(heard: list[Call]) -> None:
    seen: list[httpx.Request] = []
    client(httpx.Response(200, json={"data": []}), seen).files()
    assert seen[0].headers["X-Client-Request-Id"] == "req_ours"


def test_without_an_id_nothing_is_told(heard: list[Call], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "request_id", lambda: "")
    seen: list[httpx.Request] = []
    client(httpx.Response(200, json={"data": []}), seen).files()
    assert "X-Client-Request-Id" not in seen[0].headers


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(429, json={"error": {"message": "slower"}}), "429"),
        (httpx.Response(500, text="broken"), "500"),
        (httpx.ConnectError("refused"), "ConnectionFailed"),
        (httpx.ReadTimeout("slow"), "Timeout"),
        (httpx.ReadError("gone"), "ConnectionLost"),
    ],
)
def test_a_failure_is_told_as_what_it_was(heard: list[Call], answer: httpx.Response | Exception, outcome: str) -> None:
    with pytest.raises(APIError):
        client(answer).files()
    assert [call.outcome for call in heard] == [outcome]


def test_a_stream_is_told_when_it_has_ended(heard: list[Call]) -> None:
    pieces = b'data: {"choices": [{"index": 0, "text": "a"}]}\n\ndata: [DONE]\n\n'
    answer = httpx.Response(200, content=pieces, headers={"content-type": "text/event-stream"})

    async def read() -> int:
        return len([piece async for piece in client(answer).astream_completion(model="ada", prompt="x")])

    assert asyncio.run(read()) == 1
    assert [(call.verb, call.outcome) for call in heard] == [("POST completions", "200")]


@pytest.mark.parametrize(
    ("method", "path", "verb"),
    [
        ("GET", "/fine_tuning/jobs/ftjob-abc/events", "GET fine_tuning/jobs/*/events"),
        ("GET", "/files/file-abc/content", "GET files/*/content"),
        ("DELETE", "/models/ada:ft-acme-2026-11-21", "DELETE models/*"),
        ("POST", "/deployments/mia%27s%20model/completions", "POST deployments/*/completions"),
        ("GET", "/fine-tunes?limit=3", "GET fine-tunes"),
    ],
)
def test_a_verb_says_what_is_asked_for_and_not_whose_it_is(method: str, path: str, verb: str) -> None:
    assert watching.verb(method, path) == verb


def test_however_long_an_address_is_its_verb_is_not() -> None:
    assert watching.verb("GET", "/x" * 1000) == "GET " + "/".join("*" * 8)

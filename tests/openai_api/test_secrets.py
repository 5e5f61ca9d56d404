from __future__ import annotations

import traceback
from typing import Any

import httpx
import pytest

from openai_api.errors import APIError
from openai_api.redact import redactor
from tests.openai_api.provider import FILE, JOB, KEY, answering, listed, refusal

OTHER = "azure0123456789abcdef0123456789"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Incorrect API key provided: sk-abcd1234****wxyz. See …", "Incorrect API key provided: [key]. See …"),
        ("sk-proj-A_b-C.d9, sk-x", "[key], [key]"),
        ("sess-abcdef01 is over", "[key] is over"),
        ("Authorization: Bearer abcdefghijkl==", "Authorization: Bearer [key]"),
        (f"The key {OTHER} is blocked", "The key [key] is blocked"),
        ("The task-force asked", "The task-force asked"),
        ("No bearer token", "No bearer token"),
    ],
)
def test_keys_are_taken_out_of_a_text(said: str, shown: str) -> None:
    assert redactor(OTHER)(said) == shown


def test_a_placeholder_for_a_key_does_not_eat_words() -> None:
    assert redactor("none")("none of these") == "none of these"
    assert redactor("")("abc") == "abc"


@pytest.mark.parametrize("key", [KEY, OTHER])
@pytest.mark.parametrize(
    "answer",
    [
        lambda key: refusal(401, f"Incorrect API key provided: {key}"),
        lambda key: httpx.Response(500, text=f"debug: headers={{'authorization': 'Bearer {key}'}}"),
        lambda key: httpx.Response(502, text=f"<title>{key}</title>"),
        lambda key: httpx.Response(307, headers={"location": f"https://x.example/?key={key}"}),
        lambda key: httpx.ReadError(f"broken: {key}"),
        lambda key: httpx.ConnectError(f"proxy http://user:{key}@proxy"),
    ],
)
def test_no_error_shows_the_key(answer: object, key: str) -> None:
    provider = answering(answer(key))  # type: ignore[operator]

    with pytest.raises(APIError) as caught:
        provider.client(key=key, retries=0).file("file-1")

    assert key not in caught.value.message
    assert key not in "".join(traceback.format_exception(caught.value))


def test_no_answer_shows_the_key() -> None:
    """Events and raw objects are stored and shown."""
    event = {"id": "ftevent-1", "message": f"Logged in with {OTHER}", "data": {OTHER: OTHER}}
    provider = answering(FILE | {"status_details": OTHER}, JOB | {"error": OTHER}, listed(event))
    client = provider.client(key=OTHER)

    shown: list[Any] = [client.file("file-1"), client.fine_tune("ftjob-1"), *client.events("ftjob-1")]

    assert OTHER not in "".join(f"{item!r}{item.raw!r}" for item in shown)


def test_the_client_itself_does_not_show_the_key() -> None:
    client = answering().client()

    assert KEY not in repr(client)
    assert KEY not in repr(vars(client))

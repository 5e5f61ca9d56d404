from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from openai_api import Client, errors
from openai_api.errors import APIError, BadAnswer, BadRequest, ConnectionFailed, StatusError
from tests.openai_api.provider import FILE, KEY, answering, refusal


def caught(answer: Any, **options: Any) -> StatusError:
    with pytest.raises(StatusError) as found:
        answering(answer).client(retries=0, **options).file("file-1")
    return found.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.AuthenticationFailed),
        (403, errors.PermissionDenied),
        (404, errors.NotFound),
        (408, errors.ServerError),
        (409, errors.Conflict),
        (415, errors.StatusError),
        (422, errors.Unprocessable),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (529, errors.ServerError),
    ],
)
def test_every_status_has_its_class(status: int, kind: type[StatusError]) -> None:
    error = caught(refusal(status))

    assert type(error) is kind
    assert error.status == status


def test_every_class_is_drawn_in_the_tree() -> None:
    drawn = set(re.findall(r"[A-Z][A-Za-z]+", errors.__doc__ or ""))
    made = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, APIError)}

    assert made <= drawn


def test_the_envelope_is_read_whole() -> None:
    headers = {"x-request-id": "req-1", "retry-after": "30"}
    inner = {"message": "Bad file", "type": "invalid_request_error", "param": "training_file", "code": "invalid_file"}

    error = caught(httpx.Response(429, json={"error": inner}, headers=headers))

    assert error.message == str(error) == "Bad file"
    assert (error.type, error.param, error.code) == ("invalid_request_error", "training_file", "invalid_file")
    assert (error.request_id, error.retry_after) == ("req-1", 30.0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "Model not loaded"}, "Model not loaded"),
        ({"error": {"code": "429", "message": "Slow down", "innererror": {"code": "x"}}}, "Slow down"),
        ({"error": "invalid_grant", "error_description": "Token expired"}, "Token expired"),
        ({"message": "No such route"}, "No such route"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body", "model"], "msg": "field required", "type": "missing"}]}, "body.model: field required"),
        ({"detail": [{"msg": "a"}, "b", 3, None]}, "a; b"),
        ({"errors": [{"message": "one"}, {"message": "two"}]}, "one; two"),
        ("Just text", "Just text"),
        (["a", "b"], "a; b"),
    ],
)
def test_other_shapes_are_read_too(body: object, message: str) -> None:
    assert caught(httpx.Response(400, json=body)).message == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b"<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>",
            "The server answered with a web page: 502 Bad Gateway",
        ),
        (b"<!doctype html><h1 class=x>Sign <b>in</b> &amp; go</h1>", "The server answered with a web page: Sign in & go"),
        (b"<html></html>", "The server answered 502 Bad Gateway without giving a reason."),
        (b"upstream connect error\n", "upstream connect error"),
        (b"", "The server answered 502 Bad Gateway without giving a reason."),
        (b"\0\n", "The server answered 502 Bad Gateway without giving a reason."),
        (b"{}", "The server answered 502 Bad Gateway without giving a reason."),
        (b'{"error": null}', "The server answered 502 Bad Gateway without giving a reason."),
        (b'\xef\xbb\xbf{"message": "With a mark"}', "With a mark"),
        (b"\xff\xfe broken", "\ufffd\ufffd broken"),
    ],
)
def test_a_body_that_is_not_json_becomes_a_sentence(body: bytes, message: str) -> None:
    assert caught(httpx.Response(502, content=body)).message == message


def test_a_long_message_is_cut_and_made_one_line() -> None:
    message = caught(refusal(400, "a\n\tb\u202e" + "c" * 5000)).message

    assert message.startswith("a b ccc")
    assert len(message) == 1000
    assert message.endswith("…")


def test_a_status_that_has_no_name_is_told_by_its_number() -> None:
    assert "599" in caught(httpx.Response(599)).message


def test_a_redirect_is_not_followed_and_says_where_it_points() -> None:
    provider = answering(httpx.Response(308, headers={"location": "https://elsewhere.example/v1/files"}))

    with pytest.raises(StatusError, match=r"points to https://elsewhere\.example/v1/files"):
        provider.client().files()

    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"<html>Welcome</html>", "web page"),
        (b"OK", "not JSON"),
        (b"[1, 2]", "not an object"),
        (b'"text"', "not an object"),
        (b"{" * 100_000, "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"id": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_a_success_that_makes_no_sense_is_a_bad_answer(body: bytes, message: str) -> None:
    with pytest.raises(BadAnswer, match=message):
        answering(httpx.Response(200, content=body)).client().file("file-1")


def test_a_list_that_is_none_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="not a list"):
        answering({"data": {"id": "file-1"}}).client().files()


def test_a_null_list_is_empty() -> None:
    assert answering({"data": None}).client().files() == []


@pytest.mark.parametrize(
    "address", ["provider.example/v1", "ftp://provider.example", "http://", "http://[::1", f"http://{'a' * 70}.com"]
)
def test_an_address_that_cannot_be_one_is_a_failed_connection(address: str) -> None:
    with pytest.raises(ConnectionFailed):
        Client(address, KEY, retries=0).files()


@pytest.mark.parametrize("key", ["ключ", "line\nbreak", "nul\0"])
def test_a_key_that_fits_no_header_is_never_sent(key: str) -> None:
    provider = answering(FILE)

    with pytest.raises(ConnectionFailed, match="too strange"):
        provider.client(key=key, retries=0).file("file-1")

    assert provider.asked == []


def test_a_request_says_who_is_asking() -> None:
    provider = answering(FILE)

    provider.client(organization="org-abc", base_url="https://provider.example/v1/").file("file-1")

    assert str(provider.last.url) == "https://provider.example/v1/files/file-1"
    assert provider.last.headers["authorization"] == f"Bearer {KEY}"
    assert provider.last.headers["openai-organization"] == "org-abc"
    assert provider.last.headers["accept"] == "application/json"


def test_a_server_without_keys_is_sent_none() -> None:
    provider = answering(FILE)

    provider.client(key="").file("file-1")

    assert "authorization" not in provider.last.headers
    assert "openai-organization" not in provider.last.headers


def test_an_unusable_name_is_the_callers_mistake() -> None:
    with pytest.raises(BadRequest):
        answering().client().fine_tune("..")

"""Calls that real clients make and this trainer does not serve: a refusal in the API's shape, never a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.trainer.conftest import Caller, current, legacy, model, pairs

pytestmark = pytest.mark.django_db

UNSERVED = [
    ("GET", "/"),
    ("GET", "/favicon.ico"),
    ("GET", "/v1"),
    ("GET", "/v1/"),
    ("GET", "/v1/engines"),
    ("GET", "/v1/engines/ada"),
    ("POST", "/v1/edits"),
    ("POST", "/v1/embeddings"),
    ("POST", "/v1/moderations"),
    ("POST", "/v1/responses"),
    ("POST", "/v1/images/generations"),
    ("POST", "/v1/audio/transcriptions"),
    ("POST", "/v1/batches"),
    ("GET", "/v1/assistants"),
    ("GET", "/v1/vector_stores"),
    ("GET", "/v1/webhook_endpoints"),
    ("GET", "/v1/organization/usage/completions"),
    ("POST", "/v1/fine_tuning/alpha/graders/run"),
    ("GET", "/v1/fine_tuning/model_limits"),
    ("POST", "/v1/fine-tunes/ft-x/resume"),
    ("GET", "/v1/chat/completions/chatcmpl-x"),
    ("GET", "/v1/models/a/b"),
    ("GET", "/openai/deployments/ada/completions"),
    ("PROPFIND", "/v1/anything"),
]
WRONG_METHODS = [
    ("PUT", "/v1/models"),
    ("POST", "/v1/models/ada"),
    ("GET", "/v1/completions"),
    ("GET", "/v1/chat/completions"),
    ("PATCH", "/v1/files/file-x"),
    ("GET", "/v1/fine_tuning/jobs/ftjob-x/cancel"),
    ("OPTIONS", "/v1/models"),
]


def refused(client: Client, method: str, address: str, status: int) -> Any:
    response = client.generic(method, address)
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response["x-request-id"]
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.mark.parametrize(("method", "address"), UNSERVED)
@pytest.mark.parametrize("debug", [False, True])
def test_what_is_not_served_is_a_404_in_the_envelope(
    owner: Caller, settings: Settings, method: str, address: str, debug: bool
) -> None:
    settings.DEBUG = debug
    error = refused(owner.client, method, address, 404)
    assert f"Invalid URL ({method} {address})" in error["message"]
    assert error["code"] == "unknown_url"


def test_it_needs_no_key(db: None) -> None:
    refused(Client(), "GET", "/v1/embeddings", 404)


@pytest.mark.parametrize("address", ["/fine-tunes", "/v1/v1/fine-tunes", "/chat/completions", "/v1/v1/files/file-x"])
def test_a_base_url_without_v1_or_with_two_is_told_the_right_one(owner: Caller, address: str) -> None:
    said = refused(owner.client, "GET", address, 404)["message"]
    assert f"Perhaps you meant /v1/{address.replace('/v1', '').lstrip('/')}?" in said


@pytest.mark.parametrize(("method", "address"), WRONG_METHODS)
def test_a_wrong_method_is_a_405_that_names_the_right_ones(owner: Caller, method: str, address: str) -> None:
    error = refused(owner.client, method, address, 405)
    assert error["code"] == "method_not_supported"
    assert owner.client.generic(method, address)["Allow"] in error["message"]


class TestDeletingAJob:
    def test_it_is_told_what_to_do_instead(self, owner: Caller) -> None:
        for address in (f"fine-tunes/{legacy(owner)['id']}", f"fine_tuning/jobs/{current(owner)['id']}"):
            error = owner.delete(address, 405)["error"]
            assert "cannot be deleted. Cancel it while it runs" in error["message"]
            assert "/v1/models/{model}" in error["message"]
            owner.get(address)

    def test_an_unknown_one_is_not_found(self, owner: Caller, outsider: Caller) -> None:
        owner.delete("fine-tunes/ft-x", 404)
        owner.delete("fine_tuning/jobs/ftjob-x", 404)
        outsider.delete(f"fine-tunes/{legacy(owner)['id']}", 404)


class TestEngines:
    def test_a_completion_may_have_its_model_in_the_address(self, owner: Caller) -> None:
        name = model(owner, "ada", pairs(4))
        ask = {"prompt": "number 2 is ->", "max_tokens": 1, "temperature": 0}
        found = owner.post(f"engines/{name.replace(':', '%3A')}/completions", ask)
        assert (found["model"], found["choices"][0]["text"]) == (name, " even")

    def test_the_one_in_the_body_goes_before_it(self, owner: Caller) -> None:
        assert owner.post("engines/ada/completions", {"model": "curie", "max_tokens": 1})["model"] == "curie"
        assert owner.post("engines/ada/completions", {"model": None, "max_tokens": 1})["model"] == "ada"


def test_a_form_with_thousands_of_fields_is_refused_and_no_failure(owner: Caller) -> None:
    response = owner.client.post("/v1/files", {f"field{number}": "x" for number in range(2000)})
    assert response.status_code == 400
    assert "could not be understood" in response.json()["error"]["message"]


def test_the_process_shows_no_tracebacks_and_redirects_nobody() -> None:
    from config import settings_trainer

    assert not settings_trainer.DEBUG
    assert not settings_trainer.SECURE_SSL_REDIRECT

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from tests.trainer.conftest import Caller
from trainer import keys
from trainer.api import shapes
from trainer.models import Key, Organization


def error_of(client: Client, status: int, address: str = "/v1/models", **headers: str) -> dict[str, object]:
    response = client.get(address, headers=headers)
    assert response.status_code == status
    error: dict[str, object] = json.loads(response.content)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.mark.django_db
class TestKey:
    def test_without_a_key_it_says_how_to_send_one(self) -> None:
        error = error_of(Client(), 401)
        assert "Authorization: Bearer" in str(error["message"])
        assert error["type"] == "invalid_request_error"

    def test_an_unknown_key_is_named_without_being_told(self) -> None:
        error = error_of(Client(), 401, Authorization="Bearer sk-abcdefghijklmnopqrstuvwxyz")
        assert error["code"] == "invalid_api_key"
        assert "sk-****wxyz" in str(error["message"])
        assert "abcdef" not in str(error["message"])

    def test_a_revoked_key_is_refused(self, owner: Caller) -> None:
        keys.revoke(Key.objects.get())
        assert error_of(owner.client, 401)["code"] == "invalid_api_key"

    @pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer  ", "sk-abc"])
    def test_other_schemes_are_no_key(self, header: str) -> None:
        assert "didn't provide" in str(error_of(Client(), 401, Authorization=header)["message"])

    def test_the_word_bearer_may_be_in_lower_case(self, owner: Caller) -> None:
        assert Client().get("/v1/models", headers={"Authorization": f"bearer {owner.key}"}).status_code == 200

    def test_the_right_organization_header_is_accepted_and_another_refused(self, owner: Caller) -> None:
        organization = Organization.objects.get()
        for name in (organization.slug, organization.public_id):
            assert owner.client.get("/v1/models", headers={"OpenAI-Organization": name}).status_code == 200
        refused = error_of(owner.client, 401, **{"OpenAI-Organization": "org-other"})
        assert refused["message"] == "No such organization: org-other."


class TestAddress:
    def test_an_unknown_address_is_answered_in_the_envelope(self, owner: Caller) -> None:
        error = error_of(owner.client, 404, "/v1/nothing")
        assert str(error["message"]).startswith("Invalid URL (GET /v1/nothing)")
        assert error["code"] == "unknown_url"

    def test_a_wrong_method_names_the_right_ones(self, owner: Caller) -> None:
        response = owner.client.put("/v1/models")
        assert response.status_code == 405
        assert "GET" in response.json()["error"]["message"]

    def test_a_slash_at_the_end_makes_no_difference(self, owner: Caller) -> None:
        assert owner.get("models/") == owner.get("models")


class TestAnswer:
    def test_every_answer_names_request_version_duration_and_organization(self, owner: Caller) -> None:
        response = owner.client.get("/v1/models")
        assert re.fullmatch(r"req_[0-9a-f]{32}", response["x-request-id"])
        assert response["openai-version"] == "2020-10-01"
        assert response["openai-processing-ms"].isdigit()
        assert response["openai-organization"] == "acme"

    def test_a_refusal_has_the_headers_too(self, db: None) -> None:
        response = Client().get("/v1/models")
        assert response["x-request-id"]
        assert "openai-organization" not in response

    def test_what_breaks_is_logged_and_told_without_detail(
        self, owner: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(shapes, "base", lambda base: 1 / 0)
        response = owner.client.get("/v1/models")
        error = response.json()["error"]
        assert response.status_code == 500
        assert error["type"] == "server_error"
        assert response["x-request-id"] in error["message"]
        assert "ZeroDivision" not in response.content.decode()
        assert "ZeroDivisionError" in caplog.text

    @pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff\xfe"])
    def test_a_body_that_is_no_json_object_is_refused(self, owner: Caller, body: bytes) -> None:
        response = owner.client.post("/v1/completions", body, content_type="application/json")
        assert response.status_code == 400
        assert "could not parse the JSON body" in response.json()["error"]["message"]

    def test_a_body_that_is_too_large_is_refused(self, owner: Caller) -> None:
        response = owner.client.post("/v1/completions", b" " * (9 * 2**20), content_type="application/json")
        assert response.status_code == 413
        assert response.json()["error"]["message"] == "The body of the request is too large."

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from openai_api.errors import PermissionDenied
from openai_api.types import RemoteModel
from tests.openai_api.provider import answering, listed, refusal

TUNED = {
    "id": "ada:ft-acme:tickets-2023-01-29-13-51-40",
    "object": "model",
    "created": 1675000900,
    "owned_by": "acme",
    "shutdown_date": "2027-01-14",
}


def test_models_are_listed() -> None:
    provider = answering(listed(TUNED, {"id": "ada"}))

    assert provider.client().models() == [
        RemoteModel(
            id="ada:ft-acme:tickets-2023-01-29-13-51-40",
            base="ada",
            created_at=datetime(2023, 1, 29, 14, 1, 40, tzinfo=UTC),
            owned_by="acme",
            shutdown_date="2027-01-14",
            raw=TUNED,
        ),
        RemoteModel(id="ada", raw={"id": "ada"}),
    ]
    assert provider.lines == ["GET /v1/models"]


@pytest.mark.parametrize(
    ("answer", "base"),
    [
        ({"id": "curie:ft-acme-2023-01-29-13-51-40"}, "curie"),
        ({"id": "ft:gpt-4.1-mini-2025-04-14:acme::9x9umpsR"}, "gpt-4.1-mini-2025-04-14"),
        ({"id": "ft:gpt-4.1:acme:a:9x9umpsR:ckpt-step-8"}, "gpt-4.1"),
        ({"id": "gpt-4.1-2025-04-14.ft-0123456789abcdef"}, "gpt-4.1-2025-04-14"),
        ({"id": "mine", "root": "/models/lora", "parent": "llama"}, "llama"),
        ({"id": "mine", "root": "llama", "parent": None}, "llama"),
        ({"id": "ada", "root": "ada", "parent": None}, None),
        ({"id": "ft:"}, None),
        ({"id": "gpt-4o"}, None),
    ],
)
def test_a_model_tells_what_it_started_from(answer: dict[str, str | None], base: str | None) -> None:
    assert answering(answer).client().model("any").base == base


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ada:ft-acme:tickets-2023", "/v1/models/ada%3Aft-acme%3Atickets-2023"),
        ("ft:gpt-4.1:acme::9x9", "/v1/models/ft%3Agpt-4.1%3Aacme%3A%3A9x9"),
        ("meta/llama 3", "/v1/models/meta%2Fllama%203"),
    ],
)
def test_a_models_name_is_encoded_as_one_segment(name: str, path: str) -> None:
    provider = answering({"id": name}, {"id": name, "deleted": True})
    client = provider.client()

    assert client.model(name).id == name
    client.delete_model(name)

    assert provider.lines == [f"GET {path}", f"DELETE {path}"]


def test_deleting_a_model_that_is_gone_succeeds() -> None:
    answering(refusal(404, code="model_not_found")).client().delete_model("ada:ft-gone")


def test_a_member_is_told_why_a_model_stays() -> None:
    said = "You have insufficient permissions for this operation. You need to be this role: Owner."

    with pytest.raises(PermissionDenied) as caught:
        answering(refusal(403, said)).client().delete_model("ada:ft-acme")

    assert caught.value.message == said

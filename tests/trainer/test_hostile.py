"""Whatever is sent, the answer is an answer: a refusal that says why, never a failure of the server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.trainer.conftest import Caller, caller, chats, pairs
from trainer.models import Role

pytestmark = pytest.mark.django_db

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
PARAMETERS = {
    "fine-tunes": [
        "model", "validation_file", "n_epochs", "batch_size", "learning_rate_multiplier", "prompt_loss_weight", "suffix",
        "compute_classification_metrics", "classification_n_classes", "classification_positive_class",
        "classification_betas",
    ],
    "fine_tuning/jobs": ["validation_file", "suffix", "seed", "method", "hyperparameters", "integrations", "metadata"],
    "completions": [
        "prompt", "suffix", "temperature", "top_p", "n", "logprobs", "echo", "stop", "presence_penalty", "frequency_penalty",
        "best_of", "logit_bias", "user", "seed", "stream_options",
    ],
    "chat/completions": [
        "messages", "temperature", "top_p", "n", "logprobs", "top_logprobs", "stop", "presence_penalty", "logit_bias",
        "tools", "response_format", "metadata", "seed", "user", "stream_options",
    ],
}  # fmt: skip
NEEDED: dict[str, dict[str, Any]] = {
    "fine-tunes": {"model": "ada"},
    "fine_tuning/jobs": {"model": "babbage-002"},
    "completions": {"model": "ada", "max_tokens": 1},
    "chat/completions": {"model": "gpt-3.5-turbo-0613", "messages": [{"role": "user", "content": "x"}], "max_tokens": 1},
}


def answered(owner: Caller, address: str, body: Any) -> None:
    response = owner.client.post(f"/v1/{address}", json.dumps(body), content_type="application/json")
    assert response.status_code in (200, 400, 404), (body, response.content)
    if response.status_code != 200:
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("address", PARAMETERS)
@SETTINGS
@given(data=st.data())
def test_a_strange_body_is_answered(owner: Caller, address: str, data: st.DataObject) -> None:
    needed = dict(NEEDED[address])
    if "fine" in address:
        needed["training_file"] = owner.upload(pairs(1))["id"]
    chosen = data.draw(st.sets(st.sampled_from(PARAMETERS[address]), min_size=1, max_size=3))
    answered(owner, address, {**needed, **{name: data.draw(VALUES, label=name) for name in chosen}})


@pytest.mark.parametrize("format", ["pairs", "chats"])
@SETTINGS
@given(data=st.data())
def test_a_strange_file_is_answered(db: Any, format: str, data: st.DataObject) -> None:
    owner = caller(Role.OWNER, "acme")
    line = pairs(1)[0] if format == "pairs" else chats(1)[0]
    key = data.draw(st.sampled_from(sorted(line)))
    owner_answer = owner.client.post(
        "/v1/files", {"purpose": "fine-tune", "file": _file(json.dumps({**line, key: data.draw(VALUES)}).encode())}
    )
    assert owner_answer.status_code in (200, 400)


@SETTINGS
@given(content=st.binary(max_size=200))
def test_bytes_are_answered(owner: Caller, content: bytes) -> None:
    assert owner.client.post("/v1/files", {"purpose": "fine-tune", "file": _file(content)}).status_code in (200, 400)
    assert owner.client.post("/v1/completions", content, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "address", ["files/%00", "models/a%00b", "fine-tunes/%00/events", "files?after=%00", "fine_tuning/jobs?metadata[%00]=1"]
)
def test_the_null_character_in_an_address_is_refused(owner: Caller, address: str) -> None:
    assert "null character" in owner.get(address, 400)["error"]["message"]


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("completions", {"model": "a\0"}),
        ("fine-tunes", {"training_file": "\0"}),
        ("fine-tunes", {"training_file": "x", "classification_positive_class": "\0"}),
        ("fine_tuning/jobs", {"model": "babbage-002", "training_file": "x", "metadata": {"k": "\0"}}),
        ("fine_tuning/jobs", {"model": "babbage-002", "training_file": "x", "suffix": "\0"}),
    ],
)
def test_the_null_character_in_what_is_stored_is_refused(owner: Caller, address: str, body: dict[str, Any]) -> None:
    assert "null character" in owner.refused(address, body)["message"]


@pytest.mark.parametrize("seconds", ["²", "9" * 5000, "-3600", "3600.0", ""])
def test_a_strange_number_in_a_form_is_refused(owner: Caller, seconds: str) -> None:
    form = {"expires_after[anchor]": "created_at", "expires_after[seconds]": seconds}
    assert owner.upload(pairs(1), 400, form=form)["error"]["param"] == "expires_after.seconds"


def _file(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("x.jsonl", content)

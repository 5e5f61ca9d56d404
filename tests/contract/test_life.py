"""What may happen to a fine-tune besides going well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from openai_api import Client
from openai_api.errors import (
    AuthenticationFailed,
    BadRequest,
    Conflict,
    NotFound,
    PermissionDenied,
)
from openai_api.types import NewFineTune
from tests.contract import lessons
from tests.contract.course import ended, reached, upload

pytestmark = pytest.mark.live

BASES = pytest.mark.parametrize("base", ["ada", "babbage-002"])


@BASES
def test_a_running_fine_tune_is_cancelled(client: Client, base: str) -> None:
    file = upload(client, lessons.prompts(0, 4))
    created = client.create_fine_tune(NewFineTune(model=base, training_file=file.id, hyperparameters={"n_epochs": 50}))
    reached(client, created.id, lambda found: found.status == "running")

    client.cancel_fine_tune(created.id)
    found = ended(client, created.id)

    assert (found.status, found.fine_tuned_model) == ("cancelled", None)
    assert "cancelled" in client.events(created.id)[-1].message
    with pytest.raises(BadRequest):
        client.cancel_fine_tune(created.id)


@BASES
def test_an_idempotency_key_makes_one_fine_tune_of_two_requests(client: Client, base: str) -> None:
    file = upload(client, lessons.prompts(0, 1))
    key = uuid4().hex

    first, second = (
        client.create_fine_tune(NewFineTune(model=base, training_file=file.id), idempotency_key=key) for _ in range(2)
    )

    assert first.id == second.id
    assert [found.id for found in client.fine_tunes() if found.training_file == file.id] == [first.id]
    with pytest.raises(Conflict):
        client.create_fine_tune(NewFineTune(model=base, training_file=file.id, suffix="other"), idempotency_key=key)


@BASES
def test_only_an_owner_deletes_a_model(connect: Callable[..., Client], live_trainer: Any, base: str) -> None:
    owner, member = connect(), connect(key=live_trainer.member_key)
    file = upload(member, lessons.prompts(0, 1))
    created = member.create_fine_tune(NewFineTune(model=base, training_file=file.id, hyperparameters={"n_epochs": 1}))
    model = ended(member, created.id).fine_tuned_model
    assert model

    with pytest.raises(PermissionDenied) as caught:
        member.delete_model(model)
    assert caught.value.message == ("You have insufficient permissions for this operation. You need to be this role: Owner.")

    owner.delete_model(model)
    owner.delete_model(model)
    assert model not in {found.id for found in owner.models()}
    with pytest.raises(NotFound):
        owner.complete(model=model, prompt="x")


def test_a_job_with_too_few_examples_fails_and_says_so(client: Client) -> None:
    file = upload(client, b"".join(lessons.prompts().splitlines(keepends=True)[:3]))

    created = client.create_fine_tune(NewFineTune(model="babbage-002", training_file=file.id))
    found = ended(client, created.id)

    assert found.status == "failed"
    assert found.raw["error"]["code"] == "invalid_n_examples"
    assert "10" in (found.error or "")
    assert client.events(created.id)[-1].level == "error"


def test_a_fine_tune_is_trained_further(client: Client) -> None:
    file = upload(client, lessons.prompts(0, 1))
    first = client.create_fine_tune(NewFineTune(model="curie", training_file=file.id, hyperparameters={"n_epochs": 1}))
    model = ended(client, first.id).fine_tuned_model
    assert model

    second = client.create_fine_tune(NewFineTune(model=model, training_file=file.id, hyperparameters={"n_epochs": 1}))
    found = ended(client, second.id)

    assert found.dialect == "legacy"
    assert found.model == model
    assert (found.fine_tuned_model or "").startswith("curie:ft-")


@pytest.mark.parametrize(
    ("new", "param"),
    [
        (NewFineTune(model="ada", training_file="file-nobody"), "training_file"),
        (NewFineTune(model="babbage-002", training_file="file-nobody"), "training_file"),
        (NewFineTune(model="gpt-99", training_file="file-nobody"), "model"),
    ],
)
def test_a_wish_that_cannot_be_granted_names_the_parameter(client: Client, new: NewFineTune, param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        client.create_fine_tune(new)

    assert caught.value.param == param


def test_chat_data_does_not_teach_a_completion_model(client: Client) -> None:
    file = upload(client, lessons.chats())

    with pytest.raises(BadRequest):
        client.create_fine_tune(NewFineTune(model="ada", training_file=file.id))


@pytest.mark.parametrize("name", ["ft-nobody", "ftjob-nobody"])
def test_a_fine_tune_that_does_not_exist_is_not_found(client: Client, name: str) -> None:
    for ask in (client.fine_tune, client.events, client.cancel_fine_tune):
        with pytest.raises(NotFound):
            ask(name)


def test_a_wrong_key_is_refused_without_showing_it(connect: Callable[..., Client]) -> None:
    wrong = "sk-wrong0123456789abcdefghij"

    with pytest.raises(AuthenticationFailed) as caught:
        connect(key=wrong).models()

    assert caught.value.code == "invalid_api_key"
    assert wrong not in caught.value.message


def test_the_trainer_has_both_generations(connect: Callable[..., Client]) -> None:
    probe = connect("both").probe()

    assert probe.ok
    assert set(probe.fine_tunes) == {"legacy", "jobs"}
    assert (probe.models.found or 0) >= 7

"""Nothing of one organization can be seen, used or changed with another organization's key."""

from __future__ import annotations

import pytest

from tests.trainer.conftest import Caller, current, legacy, pairs, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def things(owner: Caller) -> dict[str, str]:
    old, new = legacy(owner, n_epochs=1), current(owner, hyperparameters={"n_epochs": 1})
    model, result = work(old["id"]), work(new["id"])
    assert model.fine_tuned_model is not None
    assert result.result_file is not None
    return {
        "old": old["id"],
        "new": new["id"],
        "file": old["training_files"][0]["id"],
        "model": model.fine_tuned_model.name,
        "result": result.result_file.public_id,
    }


ADDRESSES = [
    ("GET", "files/{file}"),
    ("GET", "files/{file}/content"),
    ("GET", "files/{result}/content"),
    ("DELETE", "files/{file}"),
    ("GET", "fine-tunes/{old}"),
    ("GET", "fine-tunes/{old}/events"),
    ("GET", "fine-tunes/{old}/events?stream=true"),
    ("POST", "fine-tunes/{old}/cancel"),
    ("GET", "fine_tuning/jobs/{new}"),
    ("GET", "fine_tuning/jobs/{new}/events"),
    ("GET", "fine_tuning/jobs/{new}/checkpoints"),
    ("POST", "fine_tuning/jobs/{new}/cancel"),
    ("POST", "fine_tuning/jobs/{new}/pause"),
    ("POST", "fine_tuning/jobs/{new}/resume"),
    ("GET", "fine_tuning/checkpoints/{model}/permissions"),
    ("POST", "fine_tuning/checkpoints/{model}/permissions"),
    ("DELETE", "fine_tuning/checkpoints/{model}/permissions/cp_x"),
    ("GET", "models/{model}"),
    ("DELETE", "models/{model}"),
]


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_another_organizations_thing_is_a_404(outsider: Caller, things: dict[str, str], method: str, address: str) -> None:
    response = outsider.client.generic(method, f"/v1/{address.format(**things)}")
    assert response.status_code == 404
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("address", ["files", "fine-tunes", "fine_tuning/jobs"])
def test_lists_hold_only_what_is_ones_own(owner: Caller, outsider: Caller, things: dict[str, str], address: str) -> None:
    assert owner.get(address)["data"]
    assert outsider.get(address)["data"] == []


def test_models_of_others_are_not_listed(outsider: Caller, things: dict[str, str]) -> None:
    assert {model["owned_by"] for model in outsider.get("models")["data"]} == {"tunedeck-trainer"}


def test_files_and_models_of_others_cannot_be_trained_with(outsider: Caller, things: dict[str, str]) -> None:
    assert outsider.refused("fine-tunes", {"training_file": things["file"], "model": "ada"})["param"] == "training_file"
    own = outsider.upload(pairs())["id"]
    assert outsider.refused("fine-tunes", {"training_file": own, "model": things["model"]})["param"] == "model"
    assert (
        outsider.refused("fine-tunes", {"training_file": own, "validation_file": things["file"]})["param"]
        == "validation_file"
    )


def test_models_of_others_do_not_answer(outsider: Caller, things: dict[str, str]) -> None:
    error = outsider.post("completions", {"model": things["model"], "prompt": "x"}, 404)["error"]
    assert error["code"] == "model_not_found"


def test_a_cursor_of_others_says_nothing(outsider: Caller, things: dict[str, str]) -> None:
    outsider.get("files", 404, after=things["file"])
    outsider.get("fine_tuning/jobs", 404, after=things["new"])


def test_keys_of_one_organization_share_its_things(member: Caller, things: dict[str, str]) -> None:
    assert member.get(f"fine-tunes/{things['old']}")["id"] == things["old"]
    assert member.get(f"files/{things['file']}")["id"] == things["file"]

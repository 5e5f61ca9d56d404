"""The current `openai` package: every answer must also pass its own models, strictly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract import lessons

pytestmark = [pytest.mark.live, pytest.mark.clients]

Sdk = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdk")
    (folder / "chat_train.jsonl").write_bytes(lessons.chats(0, 3))
    (folder / "chat_valid.jsonl").write_bytes(lessons.chats(3, 4))
    (folder / "train.jsonl").write_bytes(lessons.prompts(0, 3))
    (folder / "valid.jsonl").write_bytes(lessons.prompts(3, 4))
    return folder


def trained(sdk: Sdk, model: str, training: Path, validation: Path) -> Any:
    ids = [sdk("upload", str(path))["id"] for path in (training, validation)]
    return sdk("train", model, *ids)


@pytest.fixture(scope="module")
def chat(sdk: Sdk, folder: Path) -> Any:
    return trained(sdk, "gpt-3.5-turbo-0613", folder / "chat_train.jsonl", folder / "chat_valid.jsonl")


@pytest.fixture(scope="module")
def completion(sdk: Sdk, folder: Path) -> Any:
    return trained(sdk, "davinci-002", folder / "train.jsonl", folder / "valid.jsonl")


def test_files_make_the_round(sdk: Sdk, folder: Path) -> None:
    path = folder / "train.jsonl"

    seen = sdk("files", str(path))

    assert seen["made"]["filename"] == "train.jsonl"
    assert seen["made"]["bytes"] == path.stat().st_size
    assert seen["made"]["id"] in seen["listed"]
    assert len(seen["listed"]) == len(set(seen["listed"]))
    assert seen["content"] == path.read_text()
    assert seen["deleted"] == {"id": seen["made"]["id"], "object": "file", "deleted": True}


def test_a_job_goes_from_creation_to_its_end(chat: Any) -> None:
    created, ended = chat["created"], chat["ended"]

    assert created["status"] in {"validating_files", "queued", "running"}
    assert created["seed"] == 7
    assert created["metadata"] == {"project": "sports desk"}
    assert created["method"]["supervised"]["hyperparameters"]["n_epochs"] == 4
    assert ended["status"] == "succeeded"
    assert ended["hyperparameters"]["batch_size"] >= 1
    assert ended["trained_tokens"] > 0
    assert ended["fine_tuned_model"].startswith("ft:gpt-3.5-turbo-0613:")
    assert ended["fine_tuned_model"].split(":")[3] == "sport"


def test_a_job_is_listed_with_events_checkpoints_and_results(sdk: Sdk, chat: Any) -> None:
    job = chat["ended"]

    seen = sdk("look", job["id"])

    assert job["id"] in seen["listed"]
    assert len(seen["listed"]) == len(set(seen["listed"]))
    assert job["id"] in seen["by metadata"]
    assert job["id"] not in seen["by other metadata"]
    assert len({event["id"] for event in seen["events"]}) == len(seen["events"])
    assert seen["events"][0]["message"] == "The job has successfully completed"
    assert seen["events"][-1]["message"] == f"Created fine-tuning job: {job['id']}"
    steps = [event["data"]["step"] for event in seen["events"] if event["type"] == "metrics"]
    assert steps == list(range(len(steps), 0, -1))
    assert [point["fine_tuning_job_id"] for point in seen["checkpoints"]] == [job["id"]] * len(seen["checkpoints"])
    assert seen["results"].startswith("step,train_loss,")


def test_a_job_is_cancelled(sdk: Sdk, folder: Path) -> None:
    training = sdk("upload", str(folder / "chat_train.jsonl"))["id"]

    assert sdk("cancel", "gpt-3.5-turbo-0613", training)["status"] == "cancelled"


def test_completions_come_whole_and_streamed(sdk: Sdk, completion: Any) -> None:
    model = completion["ended"]["fine_tuned_model"]

    seen = sdk("complete", model, "The pitcher decided the game." + lessons.SEPARATOR)

    (choice,) = seen["whole"]["choices"]
    assert choice["text"] == " baseball"
    assert choice["logprobs"]["tokens"] == [" baseball"]
    assert seen["whole"]["usage"]["completion_tokens"] == 1
    assert "".join(part["choices"][0]["text"] for part in seen["streamed"]) == " baseball"


def test_chats_come_whole_and_streamed(sdk: Sdk, chat: Any) -> None:
    seen = sdk("chat", chat["ended"]["fine_tuned_model"], "The goalie decided the game.")

    (choice,) = seen["whole"]["choices"]
    assert choice["message"]["content"] == "hockey"
    assert choice["finish_reason"] == "stop"
    assert choice["logprobs"]["content"][0]["top_logprobs"]
    deltas = [choice["delta"].get("content") or "" for part in seen["streamed"] for choice in part["choices"]]
    assert "".join(deltas) == "hockey"
    assert seen["streamed"][-1]["usage"]["total_tokens"] > 0
    assert seen["streamed"][-1]["choices"] == []


def test_only_an_owner_deletes_a_model(sdk: Sdk, live_trainer: Any, folder: Path) -> None:
    model = trained(sdk, "gpt-3.5-turbo-0613", folder / "chat_valid.jsonl", folder / "chat_valid.jsonl")["ended"]
    name = model["fine_tuned_model"]

    refused = sdk("delete_model", name, key=live_trainer.member_key)
    deleted = sdk("delete_model", name)

    assert "You need to be this role: Owner." in refused["denied"]["message"]
    assert deleted["before"]["id"] == name
    assert deleted["deleted"] == {"id": name, "object": "model", "deleted": True}
    assert name not in deleted["listed"]
    assert deleted["asked"]["code"] == "model_not_found"
    assert deleted["asked"]["request"]

"""The current `openai` package beyond the usual way: parts, pauses, permissions, webhooks, limits and refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.test_current_sdk import Sdk, trained
from tests.contract import lessons
from tests.trainer.live import LiveTrainer
from tests.trainer.receiver import Receiver, receiving

pytestmark = [pytest.mark.live, pytest.mark.clients]

ENVELOPE = ["code", "message", "param", "type"]


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("extras") / "train.jsonl"
    path.write_bytes(lessons.prompts(0, 3))
    return path


@pytest.fixture(scope="module")
def job(sdk: Sdk, training: Path) -> Any:
    return trained(sdk, "babbage-002", training, training)["ended"]


def columns(trainer: LiveTrainer, slug: str) -> list[str]:
    """Return what `trainer_key list` says of the last key of an organization."""
    lines = [line.split("\t") for line in trainer.manage("trainer_key", "list").splitlines()]
    return [line for line in lines if line[3] == slug][-1]


def test_a_file_is_sent_in_parts(sdk: Sdk, training: Path) -> None:
    seen = sdk("uploads", str(training))

    assert (seen["begun"]["status"], seen["done"]["status"], seen["left"]["status"]) == ("pending", "completed", "cancelled")
    assert [part["upload_id"] for part in seen["parts"]] == [seen["begun"]["id"]] * 2
    assert seen["done"]["file"]["filename"] == "in parts.jsonl"
    assert seen["split"]["file"]["bytes"] == training.stat().st_size
    assert seen["content"] == training.read_text()


def test_a_job_is_paused_and_goes_on(sdk: Sdk, training: Path) -> None:
    seen = sdk("rest", "davinci-002", sdk("upload", str(training))["id"])

    assert seen["paused"] == ["paused", "paused"]
    assert seen["resumed"]["status"] in {"queued", "running"}
    assert seen["cancelled"]["status"] == "cancelled"


def test_a_checkpoint_is_shared_and_taken_back(sdk: Sdk, live_trainer: LiveTrainer, job: Any) -> None:
    live_trainer.manage("trainer_key", "create", "--organization", "neighbours")
    project = columns(live_trainer, "neighbours")[4]
    checkpoint = sdk("look", job["id"])["checkpoints"][0]["fine_tuned_model_checkpoint"]

    seen = sdk("permissions", checkpoint, project)

    (made,) = seen["made"]
    assert (made["object"], made["project_id"]) == ("checkpoint.permission", project)
    assert seen["listed"] == seen["of the project"] == [made]
    assert seen["of another"] == seen["afterwards"] == []
    assert seen["deleted"] == {"id": made["id"], "object": "checkpoint.permission", "deleted": True}


class TestWebhook:
    @pytest.fixture
    def receiver(self) -> Iterator[Receiver]:
        with receiving() as receiver:
            yield receiver

    @pytest.fixture
    def secret(self, live_trainer: LiveTrainer, receiver: Receiver) -> Iterator[str]:
        yield live_trainer.manage("trainer_webhook", "create", receiver.url, "--organization", "acme")
        live_trainer.manage("trainer_webhook", "remove", live_trainer.manage("trainer_webhook", "list").split()[0])

    def test_it_is_opened_and_nothing_else_is(self, sdk: Sdk, training: Path, receiver: Receiver, secret: str) -> None:
        cancelled = sdk("cancel", "davinci-002", sdk("upload", str(training))["id"])
        headers, payload = receiver.next()

        seen = sdk("unwrap", payload, json.dumps(headers), secret)

        assert seen["event"]["type"] == "fine_tuning.job.cancelled"
        assert seen["event"]["object"] == "event"
        assert seen["event"]["data"] == {"id": cancelled["id"]}
        assert seen["event"]["created_at"] == cancelled["finished_at"]
        assert seen["refused"] == ["payload", "id", "time", "secret"]


def test_models_are_shown(sdk: Sdk, job: Any) -> None:
    seen = sdk("models", job["fine_tuned_model"])

    assert seen["one"]["owned_by"] == "acme"
    assert seen["one"]["shutdown_date"] is None
    assert {"ada", "gpt-3.5-turbo-0613", job["fine_tuned_model"]} <= {model["id"] for model in seen["listed"]}


def test_a_limit_is_announced_and_kept(sdk: Sdk, live_trainer: LiveTrainer) -> None:
    key = live_trainer.manage("trainer_key", "create", "--organization", "slow")
    live_trainer.manage("trainer_key", "limit", columns(live_trainer, "slow")[0], "--requests", "3")

    seen = sdk("limited", key=key)

    assert seen["x-ratelimit-limit-requests"] == "3"
    assert seen["x-ratelimit-remaining-requests"] == "2"
    assert (seen["code"], seen["type"]) == ("rate_limit_exceeded", "requests")
    assert 1 <= seen["wait"] <= 20


def test_every_refusal_is_one_that_the_client_knows(sdk: Sdk) -> None:
    seen = sdk("refusals")

    assert {name: (one["raised"], one["status"], one["code"]) for name, one in seen.items()} == {
        "key": ("AuthenticationError", 401, "invalid_api_key"),
        "organization": ("AuthenticationError", 401, "invalid_organization"),
        "model": ("NotFoundError", 404, "model_not_found"),
        "base": ("NotFoundError", 404, "model_not_found"),
        "file": ("NotFoundError", 404, None),
        "purpose": ("BadRequestError", 400, "invalid_value"),
        "content": ("BadRequestError", 400, "invalid_file_format"),
        "upload": ("NotFoundError", 404, None),
        "job": ("NotFoundError", 404, "fine_tune_not_found"),
        "training file": ("BadRequestError", 400, "file_not_found"),
        "base model": ("BadRequestError", 400, "model_not_available"),
        "chat with a text model": ("NotFoundError", 404, None),
        "text with a chat model": ("NotFoundError", 404, None),
        "too long": ("BadRequestError", 400, "context_length_exceeded"),
        "embeddings": ("NotFoundError", 404, "unknown_url"),
        "responses": ("NotFoundError", 404, "unknown_url"),
        "graders": ("NotFoundError", 404, "unknown_url"),
        "method": ("APIStatusError", 405, "method_not_supported"),
    }
    assert all(one["envelope"] == ENVELOPE and one["request"] for one in seen.values())

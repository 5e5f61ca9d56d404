"""Together's own schema: what goes out, and what is made of what comes back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from openai_api.errors import NotFound, NotOffered
from openai_api.types import NewFineTune
from tests.openai_api.provider import Provider, answering, refusal

BASE = "Qwen/Qwen3.5-9B"
LIMITS = {
    "max_num_epochs": 20,
    "min_learning_rate": 1e-9,
    "max_learning_rate": 0.1,
    "max_seq_length_sft": 32768,
    "lora_training": {"min_batch_size": 8, "max_batch_size": 32},
}
JOB = {
    "id": "ft-1",
    "status": "completed",
    "model": BASE,
    "model_output_name": "acme/Qwen3.5-9B-tickets-1a2b",
    "created_at": "2026-11-20T10:00:00.000Z",
    "updated_at": "2026-11-20T11:30:00Z",
    "training_file": "file-1",
    "n_epochs": 2,
    "learning_rate": 1e-5,
    "token_count": 4321,
    "total_price": 4_120_000_000,
    "epochs_completed": 2,
    "total_steps": 20,
    "steps_completed": 20,
}


def sent(new: NewFineTune, *before: Any) -> tuple[Any, Provider]:
    provider = answering(*(before or (LIMITS,)), JOB | {"status": "pending"})
    provider.client("together", retries=0).create_fine_tune(new)
    return provider.body, provider


def test_nothing_is_left_to_defaults_that_the_server_does_not_have() -> None:
    body, provider = sent(NewFineTune(model=BASE, training_file="file-1", suffix="tickets", seed=7))

    assert body["batch_size"] == 32, "the largest that the limits allow"
    assert (body["n_epochs"], body["n_checkpoints"], body["n_evals"], body["learning_rate"]) == (1, 1, 0, 1e-5)
    assert body["training_method"] == {"method": "sft", "train_on_inputs": "auto"}
    assert body["lr_scheduler"]["lr_scheduler_type"] == "cosine"
    assert (body["suffix"], body["random_seed"]) == ("tickets", 7)
    assert "training_type" not in body
    assert "metadata" not in body
    assert provider.lines[0] == "GET /v1/fine-tunes/models/limits?model_name=Qwen%2FQwen3.5-9B"


def test_what_somebody_chose_counts() -> None:
    chosen = {"n_epochs": 4, "batch_size": 16, "learning_rate": 2e-5, "lora_r": 8, "beta": 0.2}
    body, _provider = sent(
        NewFineTune(model=BASE, training_file="file-1", validation_file="file-2", hyperparameters=chosen, method="dpo")
    )

    assert (body["n_epochs"], body["batch_size"], body["learning_rate"]) == (4, 16, 2e-5)
    assert body["n_evals"] == 4, "without evaluations a validation file is not looked at"
    assert body["training_method"] == {"method": "dpo", "dpo_beta": 0.2}
    assert body["training_type"] == {"type": "Lora", "lora_r": 8}
    assert not {"beta", "lora_r"} & set(body)


def test_what_is_no_base_is_a_model_that_learns_on() -> None:
    body, _provider = sent(NewFineTune(model="acme/mine", training_file="file-1"), refusal(404, "not for fine-tuning"))

    assert (body["from_checkpoint"], body["batch_size"]) == ("acme/mine", "max")
    assert "model" not in body


@pytest.mark.parametrize("trouble", [refusal(500), refusal(429), refusal(401), httpx.ReadTimeout("slow"), "<html>"])
def test_limits_that_cannot_be_had_make_no_model_of_a_base(trouble: Any) -> None:
    answer = httpx.Response(200, text=trouble) if isinstance(trouble, str) else trouble
    body, provider = sent(NewFineTune(model=BASE, training_file="file-1"), answer)

    assert (body["model"], body["batch_size"]) == (BASE, "max")
    assert provider.lines[-1] == "POST /v1/fine-tunes"


@pytest.mark.parametrize("dialect", ["together", "nebius"])
def test_a_multiplier_is_never_sent_as_a_rate(dialect: Any) -> None:
    provider = answering()
    new = NewFineTune(model=BASE, training_file="file-1", hyperparameters={"learning_rate_multiplier": 2.0})

    with pytest.raises(NotOffered, match="learning rate, not a multiplier") as caught:
        provider.client(dialect).create_fine_tune(new)

    assert provider.asked == []
    assert not caught.value.may_have_happened


def test_a_job_is_read() -> None:
    found = answering(JOB).client("together").fine_tune("ft-1")

    assert (found.status, found.provider_status) == ("succeeded", "completed")
    assert found.created_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert found.finished_at == datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
    assert found.fine_tuned_model == "acme/Qwen3.5-9B-tickets-1a2b"
    assert found.cost == Decimal("4.12")
    assert (found.trained_tokens, found.steps_done, found.total_steps, found.epochs_done) == (4321, 20, 20, 2)
    assert found.hyperparameters == {"n_epochs": 2, "learning_rate": 1e-5}


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", "queued"),
        ("running", "running"),
        ("compressing", "running"),
        ("uploading", "running"),
        ("cancel_requested", "cancelling"),
        ("user_error", "failed"),
        ("error", "failed"),
        ("dreaming", "unknown"),
    ],
)
def test_until_it_has_ended_there_is_neither_a_model_nor_a_bill(word: str, status: str) -> None:
    found = answering(JOB | {"status": word}).client("together").fine_tune("ft-1")

    assert (found.status, found.provider_status, found.fine_tuned_model) == (status, word, None)
    assert (found.cost is None) == (status != "failed")


def test_events_that_look_alike_are_told_apart_and_keep_their_names() -> None:
    event = {"created_at": "2026-11-20T10:00:00Z", "type": "EPOCH_COMPLETE", "level": "legacy_iwarning", "message": "Epoch"}
    page = {"data": [event | {"step": 5, "total_steps": 20}, event, event | {"type": "refund", "level": "info"}]}

    found = answering(page).client("together").events("ft-1")
    again = answering(page).client("together").events("ft-1", known={found[0].key})

    assert len({one.key for one in found}) == 3
    assert [one.key for one in again] == [one.key for one in found[1:]]
    assert [(one.type, one.level) for one in found][1:] == [("epoch_complete", "warn"), ("refund", "info")]
    assert found[0].metrics == {"step": 5, "total_steps": 20}


def test_points_of_one_step_are_one_point() -> None:
    rows = [
        {"train/global_step": 2, "train/loss": 0.5, "train/epoch": 1, "train/grad_norm": 3},
        {"eval/global_step": 2, "eval/loss": 0.7},
        {"train/loss": 9},
        {"train/global_step": 1, "train/loss": 0.9},
        "nonsense",
    ]
    provider = answering(JOB, {"metrics": rows}, {"metrics": rows}, refusal(404))
    client = provider.client("together")
    job = client.fine_tune("ft-1")

    assert client.metrics(job) == [
        {"step": 1, "train_loss": 0.9},
        {"step": 2, "train_loss": 0.5, "train/grad_norm": 3.0, "valid_loss": 0.7},
    ]
    assert [point["step"] for point in client.metrics(job, after=1)] == [2]
    assert provider.lines[-1] == "GET /v1/fine-tunes/ft-1/metrics?global_step_from=2"
    assert client.metrics(job) == []


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDING", "processing"),
        ("COMPLETED", "processed"),
        ("INVALID_FORMAT", "error"),
        ("NEW", "new"),
        (None, "processed"),
    ],
)
def test_a_files_state_is_put_into_the_usual_words(word: str | None, status: str) -> None:
    report = {"valid": False, "error": "Line 3 is no object."}
    found = (
        answering({"id": "file-1", "processing_status": word, "validation_report": report}).client("together").file("file-1")
    )

    assert (found.status, found.status_details) == (status, "Line 3 is no object.")


def test_a_price_is_asked_before_anything_starts() -> None:
    told = {"estimation_available": True, "estimated_total_price": 4.25, "estimated_train_token_count": 90_000}
    provider = answering(LIMITS, told | {"allowed_to_proceed": False})

    found = provider.client("together").estimate(NewFineTune(model=BASE, training_file="file-1"))

    assert found
    assert (found.cost, found.training_tokens, found.may_proceed) == (Decimal("4.25"), 90_000, False)
    assert provider.lines[-1] == "POST /v1/fine-tunes/estimate-price"
    assert set(provider.body) == {"training_file", "model", "n_epochs", "n_evals", "training_method"}


def test_a_price_that_is_not_known_says_why() -> None:
    told = {"estimation_available": False, "unavailable_reason": "train_file_not_validated"}
    found = answering(LIMITS, told).client("together").estimate(NewFineTune(model=BASE, training_file="file-1"))

    assert found
    assert (found.cost, found.problem) == (None, "train_file_not_validated")


def test_limits_are_read() -> None:
    found = answering(LIMITS).client("together").limits(BASE)

    assert found
    assert (found.most_epochs, found.batch_sizes, found.learning_rates) == (20, (8, 32), (1e-9, 0.1))
    assert found.most_tokens == 32768


def test_a_model_is_deleted_with_the_fine_tune_that_made_it() -> None:
    provider = answering({"data": [JOB]}, {"message": "deleted"})

    provider.client("together").delete_model("acme/Qwen3.5-9B-tickets-1a2b")

    assert provider.lines[-1] == "DELETE /v1/fine-tunes/ft-1"
    with pytest.raises(NotFound):
        answering([], {"data": [JOB]}).client("together").model("acme/another")

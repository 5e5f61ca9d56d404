from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from openai_api.types import NewFineTune, RemoteFineTune
from tests.openai_api.provider import LEGACY, Provider, answering, listed

READ = RemoteFineTune(
    id="ft-Q4mVbH2k9sTzX0cYpL7RaWnE",
    dialect="legacy",
    status="succeeded",
    provider_status="succeeded",
    model="ada",
    fine_tuned_model="ada:ft-acme:tickets-2023-01-29-13-51-40",
    created_at=datetime(2023, 1, 29, 13, 46, 40, tzinfo=UTC),
    finished_at=datetime(2023, 1, 29, 14, 1, 40, tzinfo=UTC),
    hyperparameters={"n_epochs": 4, "batch_size": 1, "learning_rate_multiplier": 0.1, "prompt_loss_weight": 0.01},
    training_file="file-1",
    result_files=("file-2",),
    raw=LEGACY,
)


def event(message: str, at: int = 1675000000, level: str = "info") -> dict[str, Any]:
    return {"object": "fine-tune-event", "created_at": at, "level": level, "message": message}


def said(provider: Provider, known: frozenset[str] = frozenset()) -> list[str]:
    return [event.message for event in provider.client("legacy").events("ft-1", known)]


def test_creating_sends_the_hyperparameters_flat() -> None:
    provider = answering(LEGACY)
    new = NewFineTune(
        model="ada",
        training_file="file-1",
        validation_file="file-3",
        suffix="custom model name",
        hyperparameters={
            "n_epochs": 2,
            "batch_size": "auto",
            "learning_rate_multiplier": None,
            "compute_classification_metrics": True,
            "classification_positive_class": " baseball",
            "classification_betas": [0.5, 2],
        },
        seed=7,
        metadata={"tunedeck": "token"},
    )

    assert provider.client("legacy").create_fine_tune(new) == READ
    assert provider.lines == ["POST /v1/fine-tunes"]
    assert provider.body == {
        "model": "ada",
        "training_file": "file-1",
        "validation_file": "file-3",
        "suffix": "custom model name",
        "n_epochs": 2,
        "compute_classification_metrics": True,
        "classification_positive_class": " baseball",
        "classification_betas": [0.5, 2],
    }
    assert "idempotency-key" not in provider.last.headers


def test_a_hyperparameter_cannot_take_the_place_of_the_model() -> None:
    provider = answering(LEGACY)
    new = NewFineTune(model="ada", training_file="file-1", hyperparameters={"model": "davinci"})

    provider.client("legacy").create_fine_tune(new)

    assert provider.body == {"model": "ada", "training_file": "file-1"}


def test_an_idempotency_key_goes_into_its_header() -> None:
    provider = answering(LEGACY)

    provider.client("legacy").create_fine_tune(NewFineTune(model="ada", training_file="file-1"), "token-1")

    assert provider.last.headers["idempotency-key"] == "token-1"


def test_a_method_that_the_dialect_does_not_have_is_never_sent() -> None:
    provider = answering()

    with pytest.raises(ValueError, match="supervised"):
        provider.client("legacy").create_fine_tune(NewFineTune(model="ada", training_file="f", method="dpo"))

    assert provider.asked == []


def test_one_fine_tune_is_fetched() -> None:
    provider = answering(LEGACY)

    assert provider.client("legacy").fine_tune("ft-Q4mV") == READ
    assert provider.lines == ["GET /v1/fine-tunes/ft-Q4mV"]


def test_the_list_is_one_page_and_keeps_its_order() -> None:
    provider = answering(listed({"id": "ft-1"}, {"id": "ft-2"}, {"object": "fine-tune"}, has_more=True))

    found = list(provider.client("legacy").fine_tunes(metadata={"tunedeck": "token"}))

    assert [fine_tune.id for fine_tune in found] == ["ft-1", "ft-2"]
    assert provider.lines == ["GET /v1/fine-tunes"]


def test_cancelling_sends_neither_a_body_nor_a_content_type() -> None:
    provider = answering(LEGACY | {"status": "cancelled"})

    assert provider.client("legacy").cancel_fine_tune("ft-1").status == "cancelled"
    assert provider.lines == ["POST /v1/fine-tunes/ft-1/cancel"]
    assert provider.last.content == b""
    assert "content-type" not in provider.last.headers


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("pending", "queued"),
        ("running", "running"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("hibernating", "unknown"),
        (None, "unknown"),
    ],
)
def test_their_status_becomes_ours_and_is_kept(theirs: str | None, ours: str) -> None:
    found = answering(LEGACY | {"status": theirs}).client("legacy").fine_tune("ft-1")

    assert (found.status, found.provider_status) == (ours, theirs or "")


def test_a_fine_tune_that_goes_on_has_not_finished() -> None:
    assert answering(LEGACY | {"status": "running"}).client("legacy").fine_tune("ft-1").finished_at is None


def test_a_failed_fine_tune_says_why_in_its_last_error() -> None:
    events = [event("Error: first", level="error"), event("Error: too long", level="error"), event("Bye")]

    found = answering(LEGACY | {"status": "failed", "events": events}).client("legacy").fine_tune("ft-1")

    assert found.error == "Error: too long"


def test_events_keep_the_servers_order_within_a_second() -> None:
    provider = answering(listed(event("Uploaded model"), event("Uploaded result file"), event("Fine-tune succeeded")))

    assert said(provider) == ["Uploaded model", "Uploaded result file", "Fine-tune succeeded"]
    assert provider.lines == ["GET /v1/fine-tunes/ft-1/events"]


def test_replaying_the_events_brings_nothing_new() -> None:
    page = listed(event("In the queue"), event("In the queue"), event("Started"))
    provider = answering(page, page)
    client = provider.client("legacy")

    first = client.events("ft-1")

    assert len({found.key for found in first}) == 3
    assert client.events("ft-1", {found.key for found in first}) == []


def test_only_events_that_are_not_known_come_back() -> None:
    before = [event("In the queue"), event("In the queue")]
    provider = answering(listed(*before), listed(*before, event("In the queue"), event("Started", at=1675000001)))
    client = provider.client("legacy")

    known = {found.key for found in client.events("ft-1")}
    fresh = client.events("ft-1", known)

    assert [found.message for found in fresh] == ["In the queue", "Started"]
    assert fresh[1].created_at == datetime(2023, 1, 29, 13, 46, 41, tzinfo=UTC)


@pytest.mark.parametrize("change", [{"created_at": 1}, {"level": "warn"}, {"message": "Other"}])
def test_each_part_of_an_event_counts_for_its_key(change: dict[str, Any]) -> None:
    one, other = answering(listed(event("Same"), event("Same") | change)).client("legacy").events("ft-1")

    assert one.key != other.key


def test_there_are_no_checkpoints_and_nobody_is_asked() -> None:
    provider = answering()

    assert provider.client("legacy").checkpoints("ft-1") == []
    assert provider.asked == []

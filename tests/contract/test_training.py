from __future__ import annotations

import csv
import io
import math
import re

import pytest

from openai_api import Client
from openai_api.types import RemoteEvent
from tests.contract import lessons
from tests.contract.course import Trained

pytestmark = pytest.mark.live

EXAMPLES = len(lessons.sentences(0, 3))
PLAIN = "step,elapsed_tokens,elapsed_examples,training_loss,training_sequence_accuracy,training_token_accuracy"
VALIDATION = ",validation_loss,validation_sequence_accuracy,validation_token_accuracy"
BINARY = "".join(f",classification/{name}" for name in ("accuracy", "precision", "recall", "auroc", "auprc", "f1.0", "f0.5"))


def table(lesson: Trained) -> tuple[str, list[dict[str, str]]]:
    content = lesson.client.results(lesson.fine_tune)
    assert content is not None
    text = content.decode()
    return text.split("\n", 1)[0], list(csv.DictReader(io.StringIO(text)))


def messages(events: list[RemoteEvent]) -> str:
    return "\n".join(event.message for event in events)


def test_the_end_is_reported_whole(lesson: Trained) -> None:
    found = lesson.fine_tune

    assert (found.status, found.error) == ("succeeded", None)
    assert found.training_file == lesson.training.id
    assert found.validation_file == lesson.validation.id
    assert found.hyperparameters["n_epochs"] == 4
    assert found.hyperparameters["batch_size"] >= 1
    assert found.created_at is not None
    assert found.finished_at is not None
    assert found.finished_at >= found.created_at


def test_legacy_models_are_named_in_the_legacy_way(legacy: Trained) -> None:
    assert re.fullmatch(r"ada:ft-[a-z0-9-]+:which-sport-\d{4}(-\d\d){5}", legacy.model)


def test_job_models_are_named_in_the_current_way(completion_job: Trained, chat_job: Trained) -> None:
    assert re.fullmatch(r"ft:babbage-002:[a-z0-9-]+:[\w-]+:[A-Za-z0-9]{8}", completion_job.model)
    assert re.fullmatch(r"ft:gpt-3\.5-turbo-0613:[a-z0-9-]+:[\w-]+:[A-Za-z0-9]{8}", chat_job.model)


def test_jobs_tell_what_they_cost_and_carry_their_metadata(chat_job: Trained) -> None:
    found = chat_job.fine_tune

    assert found.trained_tokens is not None
    assert found.trained_tokens > EXAMPLES * 4
    assert found.metadata == chat_job.metadata
    assert found.suffix == "Which Sport?"


def test_a_fine_tune_is_found_in_the_list_by_its_training_file(client: Client, lesson: Trained) -> None:
    found = [item for item in client.fine_tunes() if item.training_file == lesson.training.id]

    assert [(item.id, item.dialect) for item in found] == [(lesson.fine_tune.id, lesson.fine_tune.dialect)]


def test_a_job_is_found_by_its_metadata(client: Client, chat_job: Trained, completion_job: Trained) -> None:
    found = [item for item in client.fine_tunes(metadata=chat_job.metadata) if item.dialect == "jobs"]

    assert [item.id for item in found] == [chat_job.fine_tune.id]


def test_events_tell_the_story_in_order(lesson: Trained) -> None:
    events = lesson.client.events(lesson.fine_tune.id)
    times = [event.created_at for event in events if event.created_at]

    assert "Created fine-tun" in events[0].message
    assert "succe" in events[-1].message
    assert len(times) == len(events)
    assert times == sorted(times)
    assert len({event.key for event in events}) == len(events)
    assert lesson.model in messages(events)


def test_replaying_the_events_brings_nothing_new(lesson: Trained) -> None:
    events = lesson.client.events(lesson.fine_tune.id)
    keys = [event.key for event in events]

    assert lesson.client.events(lesson.fine_tune.id, set(keys)) == []
    assert lesson.client.events(lesson.fine_tune.id, set(keys[:-2])) == events[-2:]


def test_every_step_of_a_job_is_an_event_with_numbers(chat_job: Trained) -> None:
    steps = [event.metrics for event in chat_job.client.events(chat_job.fine_tune.id) if event.type == "metrics"]
    total = EXAMPLES * 4 // int(chat_job.fine_tune.hyperparameters["batch_size"])

    assert [step["step"] for step in steps if step] == [float(number) for number in range(1, total + 1)]
    assert all(step and step["total_steps"] == total and step["train_loss"] >= 0 for step in steps)
    assert all(step and 0 <= step["train_mean_token_accuracy"] <= 1 for step in steps)
    assert any(step and "valid_loss" in step for step in steps)
    assert any(step and "full_valid_loss" in step for step in steps)


def test_legacy_epochs_are_counted(legacy: Trained) -> None:
    told = messages(legacy.client.events(legacy.fine_tune.id))

    assert all(f"Completed epoch {number}/4" in told for number in range(1, 5))
    assert f"Uploaded result file: {legacy.fine_tune.result_files[0]}" in told


def test_the_last_checkpoints_of_a_job_can_be_used(chat_job: Trained) -> None:
    checkpoints = chat_job.client.checkpoints(chat_job.fine_tune.id)
    steps = [checkpoint.step or 0 for checkpoint in checkpoints]

    assert 1 <= len(checkpoints) <= 3
    assert steps == sorted(set(steps))
    assert all("train_loss" in checkpoint.metrics for checkpoint in checkpoints)
    assert all(f":ckpt-step-{checkpoint.step}" in checkpoint.model for checkpoint in checkpoints[:-1])
    answer = chat_job.client.chat(model=checkpoints[0].model, messages=lessons.chat("The puck!"), max_tokens=4)
    assert answer.choices


def test_the_legacy_result_file_has_its_columns_in_order(legacy: Trained) -> None:
    header, rows = table(legacy)

    assert header == PLAIN + VALIDATION + BINARY
    assert [row["step"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    assert rows[-1]["elapsed_examples"] == str(EXAMPLES * 4)
    assert [int(row["elapsed_tokens"]) for row in rows] == sorted(int(row["elapsed_tokens"]) for row in rows)


def test_the_legacy_result_file_has_empty_cells_where_nothing_was_measured(legacy: Trained) -> None:
    _, rows = table(legacy)
    validated = [int(row["step"]) for row in rows if row["validation_loss"]]
    classified = [int(row["step"]) for row in rows if row["classification/accuracy"]]

    assert validated[:3] == [1, 9, 17]
    assert classified == [len(rows) * number // 4 for number in range(1, 5)]
    assert all(0 <= float(row["classification/f1.0"]) <= 1 for row in rows if row["classification/f1.0"])


def test_the_result_file_of_a_job_has_its_columns(chat_job: Trained) -> None:
    header, rows = table(chat_job)

    assert header.startswith("step,train_loss,")
    assert "valid_loss" in header
    assert [row["step"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    assert all(math.isfinite(float(row["train_loss"])) for row in rows)


def test_training_makes_the_loss_fall(lesson: Trained) -> None:
    header, rows = table(lesson)
    name = "training_loss" if "training_loss" in header else "train_loss"
    quarter = len(rows) // 4
    first, last = (sum(float(row[name]) for row in part) for part in (rows[:quarter], rows[-quarter:]))

    assert last < first / 2


def test_the_model_is_listed_with_what_it_started_from(lesson: Trained) -> None:
    found = {model.id: model for model in lesson.client.models()}

    assert found[lesson.model].base == lesson.fine_tune.model
    assert found[lesson.fine_tune.model].base is None
    assert lesson.client.model(lesson.model) == found[lesson.model]

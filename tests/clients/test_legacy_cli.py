"""The commands of openai-python 0.28.1, as its readers type them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.clients.conftest import Run
from tests.contract import lessons

pytestmark = [pytest.mark.live, pytest.mark.clients]


@dataclass(frozen=True)
class Made:
    said: str
    job: str
    model: str


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("sport data")
    training, validation = folder / f"{uuid4().hex}_train.jsonl", folder / f"{uuid4().hex}_valid.jsonl"
    training.write_bytes(lessons.prompts(0, 3))
    validation.write_bytes(lessons.prompts(3, 4))
    return training, validation


@pytest.fixture(scope="module")
def made(openai: Run, files: tuple[Path, Path]) -> Made:
    """Create a fine-tune with the guide's own command, and follow it to its end."""
    done = openai(
        *["api", "fine_tunes.create", "-t", str(files[0]), "-v", str(files[1]), "-m", "ada"],
        *["--suffix", "custom model name", "--compute_classification_metrics"],
        *["--classification_positive_class", " baseball"],
    )
    job = re.search(r"Created fine-tune: (ft-\w+)\nStreaming", done.stdout)
    model = re.search(r"openai api completions.create -m (\S+) -p", done.stdout)
    assert job, done.stdout
    assert model, done.stdout
    return Made(done.stdout, job[1], model[1])


def shown(openai: Run, *arguments: str) -> Any:
    """Return the JSON that a command prints."""
    return json.loads(openai("api", *arguments).stdout)


def test_create_follows_the_events_to_the_end(made: Made) -> None:
    told = [
        f"Created fine-tune: {made.job}",
        "Fine-tune enqueued. Queue number: ",
        "Fine-tune started",
        "Completed epoch 1/4",
        "Completed epoch 4/4",
        f"Uploaded model: {made.model}",
        "Uploaded result file: file-",
        "Fine-tune succeeded",
        "Job complete! Status: succeeded",
    ]
    places = [made.said.rfind(message) for message in told]

    assert -1 not in places, made.said
    assert places == sorted(places)
    assert "Stream interrupted" not in made.said
    assert re.fullmatch(r"ada:ft-[a-z0-9-]+:custom-model-name-\d{4}(-\d\d){5}", made.model)


def test_get_and_list_show_it(openai: Run, made: Made, files: tuple[Path, Path]) -> None:
    found = shown(openai, "fine_tunes.get", "-i", made.job)
    listed = shown(openai, "fine_tunes.list")

    assert found["status"] == "succeeded"
    assert found["fine_tuned_model"] == made.model
    assert found["hyperparams"]["compute_classification_metrics"] is True
    assert found["hyperparams"]["classification_positive_class"] == " baseball"
    assert found["training_files"][0]["filename"] == files[0].name
    assert found["result_files"][0]["filename"] == "compiled_results.csv"
    assert made.job in [item["id"] for item in listed["data"]]
    assert all("events" not in item for item in listed["data"])


def test_follow_replays_and_ends(openai: Run, made: Made) -> None:
    said = openai("api", "fine_tunes.follow", "-i", made.job).stdout

    assert said.count("Fine-tune succeeded") == 1
    assert "Job complete! Status: succeeded" in said


def test_events_are_listed(openai: Run, made: Made) -> None:
    events = shown(openai, "fine_tunes.events", "-i", made.job)

    assert set(events["data"][0]) == {"object", "created_at", "level", "message"}
    assert events["data"][-1]["message"] == "Fine-tune succeeded"


def test_results_are_printed(openai: Run, made: Made) -> None:
    rows = list(csv.DictReader(io.StringIO(openai("api", "fine_tunes.results", "-i", made.job).stdout.strip())))

    assert len(rows) == len(lessons.sentences(0, 3)) * 4
    assert rows[-1]["elapsed_examples"] == str(len(rows))
    assert float(rows[-1]["classification/auroc"]) <= 1
    assert rows[1]["classification/auroc"] == ""


def test_completions_are_printed(openai: Run, made: Made) -> None:
    prompt = "The pitcher decided the game." + lessons.SEPARATOR
    asked = ["api", "completions.create", "-m", made.model, "-p", prompt, "-M", "1", "-t", "0"]

    assert openai(*asked).stdout == f"{prompt} baseball"
    assert openai(*asked, "--stream").stdout == f"{prompt} baseball"


def test_cancel_stops_a_fine_tune_that_nobody_follows(openai: Run, files: tuple[Path, Path]) -> None:
    create = ["fine_tunes.create", "-t", str(files[0]), "--no_check_if_files_exist", "-m", "curie", "--n_epochs", "100"]
    job = json.loads(openai("api", *create, "--no_follow").stdout.split("\n", 1)[1])["id"]

    assert shown(openai, "fine_tunes.cancel", "-i", job)["status"] == "cancelled"
    assert "Fine-tune cancelled" in openai("api", "fine_tunes.follow", "-i", job).stdout
    assert "No results file available" in openai("api", "fine_tunes.results", "-i", job, fails=True).stderr


def test_files_are_created_found_and_deleted(openai: Run, files: tuple[Path, Path]) -> None:
    file = shown_after_progress(openai("api", "files.create", "-f", str(files[1]), "-p", "fine-tune").stdout)

    assert shown(openai, "files.get", "-i", file["id"])["bytes"] == files[1].stat().st_size
    assert file["id"] in [item["id"] for item in shown(openai, "files.list")["data"]]
    assert shown(openai, "files.delete", "-i", file["id"])["deleted"] is True
    assert "No such File" in openai("api", "files.get", "-i", file["id"], fails=True).stderr


def shown_after_progress(said: str) -> Any:
    """Leave out what a progress bar has written before the JSON."""
    return json.loads(said[said.index("{") :])


def test_only_an_owner_deletes_a_model(openai: Run, live_trainer: Any, files: tuple[Path, Path]) -> None:
    create = ["fine_tunes.create", "-t", str(files[1]), "--no_check_if_files_exist", "-m", "ada", "--n_epochs", "1"]
    said = openai("api", *create).stdout
    model = re.findall(r"completions.create -m (\S+) -p", said)[0]

    refused = openai("api", "models.delete", "-i", model, key=live_trainer.member_key, fails=True)
    assert "You need to be this role: Owner." in refused.stderr

    assert shown(openai, "models.delete", "-i", model)["deleted"] is True
    assert model not in [item["id"] for item in shown(openai, "models.list")["data"]]
    assert "does not exist" in openai("api", "completions.create", "-m", model, "-p", "x", fails=True).stderr

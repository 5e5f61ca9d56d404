"""Every option of the openai-python 0.28.1 commands does what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.clients.conftest import Run
from tests.contract import lessons

pytestmark = [pytest.mark.live, pytest.mark.clients]

PROMPT = "The pitcher decided the game." + lessons.SEPARATOR


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """Return the paths of a training file, a validation file and a file of chats."""
    folder = tmp_path_factory.mktemp("options")
    contents = (lessons.prompts(0, 3), lessons.prompts(3, 4), lessons.chats(0, 3))
    paths = [folder / f"{uuid4().hex}.jsonl" for _ in contents]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return str(paths[0]), str(paths[1]), str(paths[2])


def printed(said: str) -> Iterator[Any]:
    """Yield each piece of JSON that a command prints among its other words."""
    place = said.find("{")
    while place >= 0:
        value, end = json.JSONDecoder().raw_decode(said, place)
        yield value
        place = said.find("{", end)


def shown(openai: Run, *arguments: str, **more: Any) -> Any:
    return list(printed(openai("api", *arguments, **more).stdout))[-1]


@pytest.fixture(scope="module")
def job(openai: Run, files: tuple[str, str, str]) -> Any:
    """Create a job with every option and wait for its end, as the command has no way to follow it."""
    job = shown(
        openai,
        *["fine_tuning.job.create", "-t", files[0], "-v", files[1], "--no_check_if_files_exist"],
        *["-m", "babbage-002", "--suffix", "sport", "--n_epochs", "2"],
    )
    for _ in range(150):
        if job["status"] == "succeeded":
            return job
        assert job["status"] in {"validating_files", "queued", "running"}
        job = shown(openai, "fine_tuning.job.get", "-i", job["id"])
    raise AssertionError(job["status"])


@pytest.fixture(scope="module")
def model(openai: Run, files: tuple[str, str, str]) -> str:
    create = ["fine_tunes.create", "-t", files[0], "--no_check_if_files_exist", "-m", "ada"]
    return str(re.findall(r"completions.create -m (\S+) -p", openai("api", *create).stdout)[0])


class TestFineTunes:
    def test_create_passes_on_every_parameter(self, openai: Run, files: tuple[str, str, str]) -> None:
        job = shown(
            openai,
            *["fine_tunes.create", "-t", files[0], "-v", files[1], "--no_check_if_files_exist", "-m", "ada", "--no_follow"],
            *["--suffix", "Every Option", "--n_epochs", "2", "--batch_size", "8", "--learning_rate_multiplier", "0.2"],
            *["--prompt_loss_weight", "0.05", "--compute_classification_metrics", "--classification_n_classes", "2"],
            *["--classification_positive_class", " baseball", "--classification_betas", "0.5", "2"],
        )
        assert job["object"] == "fine-tune"
        assert job["hyperparams"] == {
            "n_epochs": 2,
            "batch_size": 8,
            "learning_rate_multiplier": 0.2,
            "prompt_loss_weight": 0.05,
            "compute_classification_metrics": True,
            "classification_n_classes": 2,
            "classification_positive_class": " baseball",
            "classification_betas": [0.5, 2.0],
        }
        followed = openai("api", "fine_tunes.follow", "-i", job["id"]).stdout
        assert ":ft-acme:every-option-" in followed
        header = openai("api", "fine_tunes.results", "-i", job["id"]).stdout.split("\n", 1)[0]
        assert "classification/f0.5" in header
        assert "classification/f2.0" in header

    def test_create_takes_the_id_of_an_uploaded_file(self, openai: Run, files: tuple[str, str, str]) -> None:
        file = shown(openai, "files.create", "-f", files[0], "-p", "fine-tune")["id"]
        job = shown(openai, "fine_tunes.create", "-t", file, "-m", "curie", "--no_follow")
        assert job["training_files"][0]["id"] == file

    def test_a_file_that_is_there_already_is_found_before_it_is_sent(self, openai: Run, files: tuple[str, str, str]) -> None:
        for _ in range(2):
            done = openai("api", "fine_tunes.create", "-t", files[1], "-m", "ada", "--n_epochs", "1", "--no_follow")
        assert "Found potentially duplicated files" in done.stdout
        assert Path(files[1]).name in done.stdout

    def test_a_file_that_is_nowhere_is_named_in_the_refusal(self, openai: Run) -> None:
        refused = openai("api", "fine_tunes.create", "-t", "nowhere.jsonl", "-m", "ada", fails=True)
        assert "nowhere.jsonl" in refused.stderr

    def test_events_stream_when_asked_to(self, openai: Run, files: tuple[str, str, str]) -> None:
        job = shown(openai, "fine_tunes.create", "-t", files[1], "-m", "ada", "--n_epochs", "1", "--no_follow")["id"]
        openai("api", "fine_tunes.follow", "-i", job)
        done = openai("api", "fine_tunes.events", "-i", job, "-s", fails=True)
        assert "fine_tunes.follow" in done.stderr, "the client itself says that this option is gone"

    def test_delete_is_refused_with_a_way_on(self, openai: Run, files: tuple[str, str, str]) -> None:
        job = shown(openai, "fine_tunes.create", "-t", files[1], "-m", "ada", "--no_follow")["id"]
        refused = openai("api", "fine_tunes.delete", "-i", job, fails=True)
        assert "cannot be deleted. Cancel it while it runs" in refused.stderr


class TestJobs:
    def test_create_passes_on_every_parameter(self, job: Any) -> None:
        assert job["hyperparameters"]["n_epochs"] == 2
        assert job["validation_file"].startswith("file-")
        assert job["fine_tuned_model"].startswith("ft:babbage-002:acme:sport:")

    def test_list_shows_it(self, openai: Run, job: Any) -> None:
        assert job["id"] in [item["id"] for item in printed(openai("api", "fine_tuning.job.list").stdout)]

    def test_events_are_as_many_as_asked_for(self, openai: Run, job: Any) -> None:
        every = list(printed(openai("api", "fine_tuning.job.events", "-i", job["id"]).stdout))
        assert every[-1]["message"] == f"Created fine-tuning job: {job['id']}"
        assert len({event["id"] for event in every}) == len(every) > 20
        some = list(printed(openai("api", "fine_tuning.job.events", "-i", job["id"], "--limit", "3").stdout))
        assert [event["id"] for event in some] == [event["id"] for event in every[:3]]

    def test_results_are_printed(self, openai: Run, job: Any) -> None:
        assert openai("api", "fine_tuning.job.results", "-i", job["id"]).stdout.startswith("step,train_loss,")

    def test_cancel_ends_one(self, openai: Run, files: tuple[str, str, str]) -> None:
        create = ["fine_tuning.job.create", "-t", files[0], "--no_check_if_files_exist", "-m", "davinci-002"]
        job = shown(openai, *create, "--n_epochs", "50")["id"]
        assert shown(openai, "fine_tuning.job.cancel", "-i", job)["status"] == "cancelled"
        assert "No results file available" in openai("api", "fine_tuning.job.results", "-i", job, fails=True).stderr

    def test_follow_is_refused_by_the_client_itself(self, openai: Run, job: Any) -> None:
        assert "not yet supported" in openai("api", "fine_tuning.job.follow", "-i", job["id"], fails=True).stderr

    def test_a_chat_model_answers_chats(self, openai: Run, files: tuple[str, str, str]) -> None:
        asked = ["chat_completions.create", "-m", "gpt-3.5-turbo-0613", "-g", "user", "Which sport?", "-M", "3", "-t", "0"]
        assert openai("api", *asked).stdout == openai("api", *asked, "--stream").stdout


class TestCompletions:
    @pytest.mark.parametrize("option", ["-m", "-e"])
    def test_the_model_may_be_called_an_engine(self, openai: Run, model: str, option: str) -> None:
        asked = ["completions.create", option, model, "-p", PROMPT, "-M", "1", "-t", "0"]
        assert openai("api", *asked).stdout == f"{PROMPT} baseball"

    def test_every_option_is_accepted(self, openai: Run, model: str) -> None:
        asked = ["completions.create", "-m", model, "-p", PROMPT, "-M", "4", "-t", "0.1", "-P", "0.5"]
        said = openai("api", *asked, "-n", "2", "--logprobs", "3", "--stop", "\n").stdout
        assert said.count("===== Completion") == 2
        assert said.count(PROMPT) == 2

    def test_it_stops_where_it_is_told_to(self, openai: Run, model: str) -> None:
        asked = ["completions.create", "-m", model, "-p", PROMPT, "-M", "4", "-t", "0", "--stop", "base"]
        assert openai("api", *asked).stdout == f"{PROMPT} "

    def test_models_are_shown(self, openai: Run, model: str) -> None:
        assert shown(openai, "models.get", "-i", model)["parent"] == "ada"
        assert model in [item["id"] for item in shown(openai, "models.list")["data"]]


class TestGlobally:
    def test_address_key_and_organization_may_be_options(self, openai: Run, live_trainer: Any) -> None:
        options = ["-b", live_trainer.base_url, "-k", live_trainer.owner_key, "-o", "acme", "-vv"]
        done = openai(*options, "api", "models.list", key="sk-wrong")
        assert list(printed(done.stdout))[-1]["object"] == "list"
        assert "api_version" in done.stderr, "what -v adds"

    def test_a_wrong_key_or_organization_is_told(self, openai: Run) -> None:
        assert "Incorrect API key provided: sk-" in openai("-k", "sk-a-wrong-key", "api", "models.list", fails=True).stderr
        assert "No such organization: nobody" in openai("-o", "nobody", "api", "models.list", fails=True).stderr

    def test_an_address_without_v1_is_told_the_right_one(self, openai: Run, live_trainer: Any) -> None:
        base = live_trainer.base_url.removesuffix("/v1")
        assert "Perhaps you meant /v1/models?" in openai("-b", base, "api", "models.list", fails=True).stderr

    def test_what_is_not_served_is_told(self, openai: Run) -> None:
        assert "This trainer serves files" in openai("api", "engines.list", fails=True).stderr
        assert "This trainer serves files" in openai("api", "image.create", "-p", "x", fails=True).stderr

    def test_the_version_is_the_one_that_readers_have(self, openai: Run) -> None:
        assert openai("-V").stdout.strip().endswith("0.28.1")

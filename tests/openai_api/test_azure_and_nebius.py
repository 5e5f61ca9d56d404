"""Two providers that speak OpenAI's jobs with an accent."""

from __future__ import annotations

from typing import Any

import pytest

from openai_api.errors import NotFound, NotOffered
from openai_api.types import NewFineTune
from tests.openai_api.provider import CHAT, JOB, KEY, answering, listed

QUESTION = [{"role": "user", "content": "card declined"}]
VERSION = "2025-04-01-preview"


class TestAzure:
    def test_the_key_has_a_header_and_the_version_a_place_in_every_address(self) -> None:
        provider = answering(listed(JOB))
        list(provider.client("azure", api_version=VERSION).fine_tunes({"a": "b"}))
        assert provider.last.headers["api-key"] == KEY
        assert "authorization" not in provider.last.headers
        assert provider.lines == [f"GET /v1/fine_tuning/jobs?api-version={VERSION}&metadata%5Ba%5D=b&limit=100"]

    @pytest.mark.parametrize(
        ("base_url", "version", "line"),
        [
            ("https://r.test/openai/v1", "", "POST /openai/v1/chat/completions"),
            ("https://r.test/openai/v1", "preview", "POST /openai/v1/chat/completions?api-version=preview"),
            ("https://r.test/openai", VERSION, f"POST /openai/deployments/my%2Fown/chat/completions?api-version={VERSION}"),
        ],
    )
    def test_a_deployment_is_named_where_the_address_wants_it(self, base_url: str, version: str, line: str) -> None:
        provider = answering(CHAT)
        provider.client("azure", base_url=base_url, api_version=version).chat(model="my/own", messages=QUESTION)
        assert provider.lines == [line]

    def test_a_model_says_until_when_it_lives_and_whether_it_can_be_trained(self) -> None:
        about = {"capabilities": {"fine_tune": True}, "deprecation": {"inference": 1830297600}}
        tuned = {"id": "gpt-4.1.ft-0a1b-tickets", "capabilities": {"fine_tune": False}}
        models = (
            answering(listed({"id": "gpt-4.1"} | about, tuned, {"id": "odd", "capabilities": "x"})).client("azure").models()
        )
        assert [(model.trainable, model.shutdown_date, model.base) for model in models] == [
            (True, "2028-01-01", None),
            (False, None, "gpt-4.1"),
            (None, None, None),
        ]
        assert all(model.must_be_deployed for model in models)

    def test_a_list_that_tells_nothing_of_training_is_no_list_of_bases(self) -> None:
        assert answering(listed({"id": "gpt-4.1"})).client("azure").bases() is None

    def test_missing_numbers_are_left_out(self) -> None:
        metrics = {"step": 4, "train_loss": 0.5, "valid_loss": -1.0}
        item = {"id": "ftchkpt-1", "step_number": 4, "metrics": metrics, "fine_tuned_model_checkpoint": "m"}
        (found,) = answering(listed(item)).client("azure").checkpoints("ftjob-1")
        assert found.metrics == {"step": 4, "train_loss": 0.5}

    @pytest.mark.parametrize(("word", "status"), [("notRunning", "pending"), ("succeeded", "processed"), ("odd", "odd")])
    def test_older_words_for_files_are_understood(self, word: str, status: str) -> None:
        assert answering({"id": "file-1", "status": word}).client("azure").file("file-1").status == status


class TestNebius:
    def test_settings_go_out_as_they_are_documented(self) -> None:
        provider = answering(JOB)
        chosen = {"n_epochs": 2, "learning_rate": 2e-5, "batch_size": "auto"}
        new = NewFineTune(
            model="m", training_file="f", hyperparameters=chosen, metadata={"a": "b"}, method="supervised", seed=7
        )
        provider.client("nebius").create_fine_tune(new)
        wanted: dict[str, Any] = {"n_epochs": 2, "learning_rate": 2e-5}
        assert provider.body == {"model": "m", "training_file": "f", "seed": 7, "hyperparameters": wanted}

    def test_the_last_checkpoint_is_the_model(self) -> None:
        ended = JOB | {"id": "ftjob-1", "status": "succeeded", "trained_steps": 16, "total_steps": 16}
        checkpoints = listed({"id": "ftckpt-2", "step_number": 16}, {"id": "ftckpt-1", "step_number": 8})
        found = answering(ended, checkpoints).client("nebius").fine_tune("ftjob-1")
        assert (found.fine_tuned_model, found.steps_done, found.total_steps) == ("ftjob-1:ftckpt-2", 16, 16)
        assert answering(ended, listed()).client("nebius").fine_tune("ftjob-1").fine_tuned_model is None

    def test_a_name_that_the_job_gives_is_taken(self) -> None:
        ended = JOB | {"status": "succeeded", "fine_tuned_model": "acme-llama"}
        assert answering(ended).client("nebius").fine_tune("ftjob-1").fine_tuned_model == "acme-llama"

    def test_checkpoints_are_models_that_must_be_deployed_and_cannot_be_deleted(self) -> None:
        client = answering(listed({"id": "c1", "created_at": 1760000000}), listed()).client("nebius")
        assert client.model("ftjob-1:c1").must_be_deployed
        with pytest.raises(NotFound):
            client.model("ftjob-1:c9")
        with pytest.raises(NotOffered):
            client.delete_model("ftjob-1:c1")

    def test_the_curve_is_made_of_checkpoints(self) -> None:
        rows = [
            {"id": "b", "step_number": 16, "metrics": {"train_loss": 0.4, "valid_loss": 0.6}},
            {"id": "a", "step_number": 8, "metrics": {"train_loss": 0.8, "step": 8}},
            {"id": "c", "step_number": 24, "metrics": {}},
        ]
        client = answering(JOB, listed(*rows), listed(*rows)).client("nebius")
        job = client.fine_tune("ftjob-1")
        points = [{"step": 8.0, "train_loss": 0.8}, {"step": 16.0, "train_loss": 0.4, "valid_loss": 0.6}]
        assert client.metrics(job) == points
        assert client.metrics(job, after=8) == points[1:]


def test_dialects_without_a_way_to_pause_say_so_before_anything_is_sent() -> None:
    for dialect in ("legacy", "nebius", "together"):
        provider = answering()
        with pytest.raises(NotOffered):
            provider.client(dialect).pause_fine_tune("ft-1")
        assert provider.asked == []

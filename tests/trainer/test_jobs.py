from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.trainer.conftest import JSON, Caller, chats, current, legacy, pairs, work
from trainer import tasks
from trainer.models import Job

pytestmark = pytest.mark.django_db

JOB = {
    "id", "object", "created_at", "finished_at", "model", "fine_tuned_model", "organization_id", "status", "training_file",
    "validation_file", "result_files", "hyperparameters", "method", "trained_tokens", "estimated_finish", "error", "seed",
    "user_provided_suffix", "integrations", "metadata",
}  # fmt: skip
AUTO = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}


def events(caller: Caller, job_id: str) -> list[JSON]:
    """Return all events of a job, the oldest first."""
    found: list[JSON] = caller.get(f"fine_tuning/jobs/{job_id}/events", limit=100)["data"]
    return found[::-1]


class TestCreate:
    def test_a_job_begins_with_the_validation_of_its_files(self, owner: Caller) -> None:
        file = owner.upload(pairs())
        job = owner.post("fine_tuning/jobs", {"training_file": file["id"], "model": "babbage-002"})
        assert set(job) == JOB
        assert (job["object"], job["status"], job["training_file"]) == ("fine_tuning.job", "validating_files", file["id"])
        assert (job["error"], job["result_files"], job["validation_file"]) == (None, [], None)
        assert job["hyperparameters"] == AUTO
        assert job["method"] == {"type": "supervised", "supervised": {"hyperparameters": AUTO}}
        assert re.fullmatch(r"ftjob-[A-Za-z0-9]{24}", job["id"])
        assert 0 <= job["seed"] < 2**31

    def test_what_was_chosen_is_echoed(self, owner: Caller) -> None:
        chosen = {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 1.8}
        wandb = [{"type": "wandb", "wandb": {"project": "tests", "tags": ["a"]}}]
        method = {"type": "supervised", "supervised": {"hyperparameters": chosen}}
        job = current(owner, method=method, seed=7, suffix="Mine", metadata={"team": "red"}, integrations=wandb)
        assert job["hyperparameters"] == chosen
        assert (job["seed"], job["user_provided_suffix"], job["metadata"]) == (7, "Mine", {"team": "red"})
        assert job["integrations"] == wandb

    def test_whoever_asks_for_charts_elsewhere_is_told_that_nothing_is_sent_there(self, owner: Caller) -> None:
        job = current(owner, integrations=[{"type": "wandb", "wandb": {"project": "tests"}}])
        last = owner.get(f"fine_tuning/jobs/{job['id']}/events")["data"][0]
        assert last["level"] == "warn"
        assert "nothing to Weights & Biases" in last["message"]

    def test_hyperparameters_in_their_old_place_are_taken_too(self, owner: Caller) -> None:
        assert current(owner, hyperparameters={"n_epochs": 3})["hyperparameters"] == {**AUTO, "n_epochs": 3}

    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({"model": None}, "model"),
            ({"model": "ada"}, "model"),
            ({"model": "gpt-4o"}, "model"),
            ({"training_file": None}, "training_file"),
            ({"training_file": "file-unknown"}, "training_file"),
            ({"validation_file": "file-unknown"}, "validation_file"),
            ({"suffix": "x" * 65}, "suffix"),
            ({"seed": -1}, "seed"),
            ({"seed": 2**31}, "seed"),
            ({"hyperparameters": {"n_epochs": 51}}, "hyperparameters.n_epochs"),
            ({"hyperparameters": {"n_epochs": "many"}}, "hyperparameters.n_epochs"),
            ({"hyperparameters": {"batch_size": 0}}, "hyperparameters.batch_size"),
            ({"hyperparameters": {"batch_size": 1.5}}, "hyperparameters.batch_size"),
            ({"hyperparameters": {"learning_rate_multiplier": True}}, "hyperparameters.learning_rate_multiplier"),
            ({"hyperparameters": {"beta": 0.1}}, "hyperparameters.beta"),
            ({"method": {"type": "dpo"}}, "method.type"),
            ({"method": {"type": "reinforcement", "reinforcement": {"grader": {}}}}, "method.type"),
            ({"method": {"type": "magic"}}, "method.type"),
            ({"integrations": [{"type": "other"}]}, "integrations.0.type"),
            ({"integrations": [{"type": "wandb", "wandb": {}}]}, "integrations.0.wandb.project"),
            ({"metadata": {"k": 1}}, "metadata.k"),
            ({"metadata": {f"k{number}": "v" for number in range(17)}}, "metadata"),
            ({"metadata": {"k": "v" * 513}}, "metadata.k"),
            ({"n_epochs": 4}, "n_epochs"),
        ],
    )
    def test_a_wrong_parameter_is_named(self, owner: Caller, body: JSON, param: str) -> None:
        file = owner.upload(pairs())
        error = owner.refused("fine_tuning/jobs", {"training_file": file["id"], "model": "babbage-002", **body})
        assert error["param"] == param
        assert not Job.objects.exists()

    def test_preference_data_is_refused_with_the_reason(self, owner: Caller) -> None:
        rows: list[JSON] = [{"input": {"messages": []}, "preferred_output": [], "non_preferred_output": []}]
        body = {"training_file": owner.upload(rows)["id"], "model": "gpt-3.5-turbo-0613"}
        error = owner.refused("fine_tuning/jobs", body)
        assert "preference data" in error["message"]
        assert (error["type"], error["param"]) == ("invalid_request_error", "training_file")

    @pytest.mark.parametrize(
        ("model", "lines", "said"),
        [
            ("gpt-3.5-turbo-0613", pairs(), "gpt-3.5-turbo-0613 learns from chat examples only"),
            ("babbage-002", chats(), "babbage-002 learns from prompt-completion examples only"),
        ],
    )
    def test_a_file_must_fit_the_base(self, owner: Caller, model: str, lines: list[JSON], said: str) -> None:
        body = {"training_file": owner.upload(lines)["id"], "model": model}
        assert said in owner.refused("fine_tuning/jobs", body)["message"]

    def test_an_idempotency_key_makes_one_job_of_two_requests(self, owner: Caller) -> None:
        body = {"training_file": owner.upload(pairs())["id"], "model": "babbage-002"}
        made = [owner.post("fine_tuning/jobs", body, key="k")["id"] for _ in range(2)]
        assert len(set(made)) == 1
        other = {**body, "seed": 3}
        assert owner.post("fine_tuning/jobs", other, 409, key="k")["error"]["param"] is None

    def test_a_key_of_one_generation_does_not_answer_for_the_other(self, owner: Caller) -> None:
        body = {"training_file": owner.upload(pairs())["id"], "model": "babbage-002"}
        owner.post("fine_tuning/jobs", body, key="k")
        owner.post("fine-tunes", {**body, "model": "ada"}, 409, key="k")


class TestStory:
    def test_a_job_that_succeeds_tells_it_in_order(self, owner: Caller) -> None:
        validation = owner.upload(pairs())["id"]
        job = current(owner, validation_file=validation, hyperparameters={"n_epochs": 2, "batch_size": 6}, suffix="Mine")
        done = work(job["id"])
        shown = owner.get(f"fine_tuning/jobs/{job['id']}")
        assert shown["status"] == "succeeded"
        assert re.fullmatch(r"ft:babbage-002:acme:mine:[A-Za-z0-9]{8}", shown["fine_tuned_model"])
        told = events(owner, job["id"])
        assert [event["message"].split(":")[0] for event in told] == [
            "Created fine-tuning job",
            "Validating training file",
            "Files validated, moving job to queued state",
            "Fine-tuning job started",
            "Step 1/4",
            "Step 2/4",
            "Checkpoint created at step 2",
            "Step 3/4",
            "Step 4/4",
            "Checkpoint created at step 4",
            "New fine-tuned model created",
            "The job has successfully completed",
        ]
        assert told[1]["message"].endswith(f"and validation file: {validation}")
        assert done.finished_at is not None

    def test_a_step_carries_its_numbers(self, owner: Caller) -> None:
        job = current(owner, validation_file=owner.upload(pairs())["id"], hyperparameters={"n_epochs": 1, "batch_size": 6})
        work(job["id"])
        first, last = (event for event in events(owner, job["id"]) if event["type"] == "metrics")
        assert set(first["data"]) == {
            "step", "total_steps", "train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy",
        }  # fmt: skip
        assert (first["data"]["step"], first["data"]["total_steps"]) == (1, 2)
        assert {"full_valid_loss", "full_valid_mean_token_accuracy"} <= set(last["data"])
        assert re.fullmatch(r"Step 1/2: training loss=\d+\.\d\d, validation loss=\d+\.\d\d", first["message"])
        assert re.fullmatch(r"Step 2/2: training loss=\d+\.\d\d, full validation loss=\d+\.\d\d", last["message"])

    def test_the_end_fills_in_what_was_open(self, owner: Caller) -> None:
        job = current(owner)
        work(job["id"])
        shown = owner.get(f"fine_tuning/jobs/{job['id']}")
        assert shown["hyperparameters"] == {"n_epochs": 4, "batch_size": 1, "learning_rate_multiplier": 0.05}
        assert shown["method"]["supervised"]["hyperparameters"] == shown["hyperparameters"]
        assert shown["finished_at"] >= shown["created_at"]
        assert shown["estimated_finish"] is None
        assert shown["trained_tokens"] == 4 * 12 * 6

    def test_a_chat_model_is_trained_on_conversations(self, owner: Caller) -> None:
        job = current(owner, chats(), model="gpt-3.5-turbo-0613", hyperparameters={"n_epochs": 1})
        assert work(job["id"]).status == "succeeded"

    def test_too_few_examples_fail_the_job_with_a_code(self, owner: Caller) -> None:
        job = current(owner, pairs(9))
        work(job["id"])
        shown = owner.get(f"fine_tuning/jobs/{job['id']}")
        assert shown["status"] == "failed"
        assert shown["error"] == {
            "code": "invalid_n_examples",
            "message": "Training file has 9 example(s), but must have at least 10 examples",
            "param": "training_file",
        }
        assert shown["finished_at"] is not None
        assert events(owner, job["id"])[-1]["level"] == "error"

    def test_a_queued_job_says_so(self, owner: Caller) -> None:
        job = current(owner)
        tasks.check(Job.objects.get().pk)
        assert owner.get(f"fine_tuning/jobs/{job['id']}")["status"] == "queued"

    def test_a_model_of_the_current_generation_is_trained_further(self, owner: Caller) -> None:
        first = work(current(owner)["id"])
        assert first.fine_tuned_model is not None
        job = current(owner, model=first.fine_tuned_model.name)
        assert work(job["id"]).status == "succeeded"
        assert owner.get(f"fine_tuning/jobs/{job['id']}")["fine_tuned_model"].startswith("ft:babbage-002:acme::")

    def test_the_same_seed_trains_the_same_model(self, owner: Caller) -> None:
        results = []
        for _ in range(2):
            done = work(current(owner, seed=5)["id"])
            assert done.result_file is not None
            results.append(owner.content(done.result_file.public_id))
        assert results[0] == results[1]


class TestResults:
    def test_the_file_has_one_line_per_step(self, owner: Caller) -> None:
        done = work(current(owner, hyperparameters={"n_epochs": 2, "batch_size": 5})["id"])
        assert done.result_file is not None
        assert done.result_file.filename == "step_metrics.csv"
        lines = owner.content(done.result_file.public_id).decode().splitlines()
        assert lines[0] == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
        assert [line.split(",")[0] for line in lines[1:]] == ["1", "2", "3", "4", "5", "6"]

    def test_the_operator_may_have_it_in_base64(self, owner: Caller, settings: Settings) -> None:
        settings.TRAINER_RESULTS = "base64"
        done = work(current(owner)["id"])
        assert done.result_file is not None
        content = owner.content(done.result_file.public_id)
        assert base64.b64decode(content, validate=True).startswith(b"step,train_loss")
        assert done.result_file.bytes == len(content)

    def test_a_legacy_result_is_plain_in_either_case(self, owner: Caller, settings: Settings) -> None:
        settings.TRAINER_RESULTS = "base64"
        done = work(legacy(owner)["id"])
        assert done.result_file is not None
        assert owner.content(done.result_file.public_id).startswith(b"step,elapsed_tokens")


class TestEvents:
    def test_pages_of_events_go_from_the_newest_to_the_oldest(self, owner: Caller) -> None:
        job = current(owner)
        work(job["id"])
        address = f"fine_tuning/jobs/{job['id']}/events"
        page = owner.get(address, limit=3)
        seen = page["data"]
        while page["has_more"]:
            page = owner.get(address, limit=3, after=page["data"][-1]["id"])
            seen += page["data"]
        assert len(seen) > 20
        assert [event["id"] for event in seen] == [event["id"] for event in owner.get(address, limit=100)["data"]]
        assert seen[0]["message"] == "The job has successfully completed"
        assert seen[-1]["message"] == f"Created fine-tuning job: {job['id']}"

    def test_twenty_are_shown_unless_more_are_asked_for(self, owner: Caller) -> None:
        job = current(owner)
        work(job["id"])
        assert len(owner.get(f"fine_tuning/jobs/{job['id']}/events")["data"]) == 20

    def test_an_event_has_all_its_keys(self, owner: Caller) -> None:
        (event, *_) = owner.get(f"fine_tuning/jobs/{current(owner)['id']}/events")["data"]
        assert set(event) == {"id", "object", "created_at", "level", "message", "type", "data"}
        assert event["id"].startswith("ftevent-")
        assert (event["object"], event["type"], event["data"]) == ("fine_tuning.job.event", "message", {})


class TestCheckpoints:
    def test_the_last_three_epochs_can_be_used(self, owner: Caller) -> None:
        job = current(owner, hyperparameters={"n_epochs": 5, "batch_size": 6})
        done = work(job["id"])
        assert done.fine_tuned_model is not None
        listed = owner.get(f"fine_tuning/jobs/{job['id']}/checkpoints")
        assert [checkpoint["step_number"] for checkpoint in listed["data"]] == [10, 8, 6]
        assert (listed["first_id"], listed["last_id"]) == (listed["data"][0]["id"], listed["data"][-1]["id"])
        newest = listed["data"][0]
        assert newest["fine_tuned_model_checkpoint"] == f"{done.fine_tuned_model.name}:ckpt-step-10"
        assert newest["fine_tuning_job_id"] == job["id"]
        assert newest["id"].startswith("ftckpt_")
        assert newest["metrics"]["step"] == 10
        body = {"prompt": "number 2 is ->", "max_tokens": 1}
        for checkpoint in listed["data"]:
            owner.post("completions", {"model": checkpoint["fine_tuned_model_checkpoint"], **body})
        owner.post("completions", {"model": f"{done.fine_tuned_model.name}:ckpt-step-4", **body}, 404)

    def test_a_deleted_checkpoint_is_listed_no_more(self, owner: Caller) -> None:
        job = current(owner, hyperparameters={"n_epochs": 2})
        work(job["id"])
        first = owner.get(f"fine_tuning/jobs/{job['id']}/checkpoints")["data"][0]
        owner.delete(f"models/{first['fine_tuned_model_checkpoint']}")
        left = owner.get(f"fine_tuning/jobs/{job['id']}/checkpoints")["data"]
        assert first["id"] not in [checkpoint["id"] for checkpoint in left]

    def test_they_come_in_pages(self, owner: Caller) -> None:
        job = current(owner, hyperparameters={"n_epochs": 3})
        work(job["id"])
        address = f"fine_tuning/jobs/{job['id']}/checkpoints"
        page = owner.get(address, limit=2)
        rest = owner.get(address, after=page["last_id"])
        assert (page["has_more"], rest["has_more"], len(rest["data"])) == (True, False, 1)

    def test_a_job_can_start_from_a_checkpoint(self, owner: Caller) -> None:
        job = current(owner, hyperparameters={"n_epochs": 2})
        work(job["id"])
        name = owner.get(f"fine_tuning/jobs/{job['id']}/checkpoints")["data"][-1]["fine_tuned_model_checkpoint"]
        assert work(current(owner, model=name)["id"]).status == "succeeded"


class TestList:
    def test_the_newest_job_is_first_and_pages_follow(self, owner: Caller) -> None:
        made = [current(owner)["id"] for _ in range(3)]
        page = owner.get("fine_tuning/jobs", limit=2)
        rest = owner.get("fine_tuning/jobs", after=page["data"][-1]["id"])
        assert [job["id"] for job in page["data"] + rest["data"]] == made[::-1]
        assert (page["has_more"], rest["has_more"]) == (True, False)
        assert set(page["data"][0]) == JOB

    def test_jobs_are_found_by_all_pairs_of_their_metadata(self, owner: Caller) -> None:
        first = current(owner, metadata={"token": "a", "team": "red", "5": "five"})["id"]
        second = current(owner, metadata={"token": "b", "team": "red", "empty": ""})["id"]
        third = current(owner)["id"]

        def found(query: dict[str, str]) -> list[str]:
            return [job["id"] for job in owner.get("fine_tuning/jobs", query=query)["data"]]

        assert found({"metadata[token]": "a"}) == [first]
        assert found({"metadata[team]": "red"}) == [second, first]
        assert found({"metadata[team]": "red", "metadata[token]": "b"}) == [second]
        assert found({"metadata[empty]": ""}) == [second]
        assert found({"metadata[5]": "five"}) == [first]
        assert found({"metadata[token]": "c"}) == found({"metadata[other]": ""}) == []
        assert found({"metadata": "null"}) == [third]

    def test_the_two_forms_of_the_filter_are_not_mixed(self, owner: Caller) -> None:
        error = owner.get("fine_tuning/jobs", 400, query={"metadata": "null", "metadata[team]": "red"})["error"]
        assert error["param"] == "metadata"

    def test_legacy_jobs_are_not_in_it(self, owner: Caller) -> None:
        legacy(owner)
        assert owner.get("fine_tuning/jobs") == {"object": "list", "data": [], "has_more": False}

    def test_the_number_of_queries_does_not_grow_with_the_jobs(
        self, owner: Caller, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(5):
            current(owner)
        with django_assert_max_num_queries(3):
            assert len(owner.get("fine_tuning/jobs")["data"]) == 5


class TestCancel:
    def test_a_waiting_job_ends_at_once(self, owner: Caller) -> None:
        job = current(owner)
        shown = owner.post(f"fine_tuning/jobs/{job['id']}/cancel")
        assert shown["status"] == "cancelled"
        assert shown["finished_at"] is not None
        assert work(job["id"]).status == "cancelled"

    def test_a_job_that_has_ended_cannot_be_cancelled(self, owner: Caller) -> None:
        job = current(owner)
        work(job["id"])
        assert owner.refused(f"fine_tuning/jobs/{job['id']}/cancel")["code"] == "already_finished"

    def test_an_unknown_job_is_a_404(self, owner: Caller) -> None:
        for address in ("ftjob-x", "ftjob-x/events", "ftjob-x/checkpoints"):
            assert owner.get(f"fine_tuning/jobs/{address}", 404)["error"]["code"] == "fine_tune_not_found"

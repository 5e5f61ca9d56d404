from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.trainer.conftest import JSON, Caller, chats, current, legacy, pairs, work
from trainer import tasks
from trainer.models import Job

pytestmark = pytest.mark.django_db

FINE_TUNE = {
    "id", "object", "model", "created_at", "updated_at", "status", "fine_tuned_model", "organization_id", "hyperparams",
    "training_files", "validation_files", "result_files",
}  # fmt: skip


def messages(job: JSON) -> list[str]:
    return [event["message"] for event in job["events"]]


class TestCreate:
    def test_all_that_is_needed_is_a_training_file(self, owner: Caller) -> None:
        file = owner.upload(pairs())
        job = owner.post("fine-tunes", {"training_file": file["id"]})
        assert set(job) == {*FINE_TUNE, "events"}
        assert (job["object"], job["model"], job["status"], job["fine_tuned_model"]) == (
            "fine-tune",
            "curie",
            "pending",
            None,
        )
        assert job["training_files"] == [file]
        assert job["hyperparams"] == {
            "n_epochs": 4,
            "batch_size": None,
            "learning_rate_multiplier": None,
            "prompt_loss_weight": 0.01,
        }
        assert messages(job) == [f"Created fine-tune: {job['id']}"]
        assert re.fullmatch(r"ft-[A-Za-z0-9]{24}", job["id"])

    def test_what_was_chosen_is_echoed(self, owner: Caller) -> None:
        validation = owner.upload(pairs())
        chosen: JSON = {"n_epochs": 2, "batch_size": 8, "learning_rate_multiplier": 0.2, "prompt_loss_weight": 0.1}
        classification: JSON = {"compute_classification_metrics": True, "classification_n_classes": 2}
        job = legacy(owner, validation_file=validation["id"], **chosen, **classification)
        assert job["hyperparams"] == {**chosen, **classification}
        assert job["validation_files"] == [validation]

    def test_null_is_the_same_as_absent(self, owner: Caller) -> None:
        job = legacy(owner, validation_file=None, n_epochs=None, suffix=None, classification_betas=None)
        assert job["hyperparams"]["n_epochs"] == 4

    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({"n_epochs": 0}, "n_epochs"),
            ({"n_epochs": "4"}, "n_epochs"),
            ({"n_epochs": True}, "n_epochs"),
            ({"n_epochs": 1.5}, "n_epochs"),
            ({"batch_size": 257}, "batch_size"),
            ({"learning_rate_multiplier": 0}, "learning_rate_multiplier"),
            ({"prompt_loss_weight": -0.1}, "prompt_loss_weight"),
            ({"prompt_loss_weight": "much"}, "prompt_loss_weight"),
            ({"compute_classification_metrics": "yes"}, "compute_classification_metrics"),
            ({"classification_n_classes": 1}, "classification_n_classes"),
            ({"classification_positive_class": 7}, "classification_positive_class"),
            ({"classification_betas": [0]}, "classification_betas.0"),
            ({"classification_betas": 1}, "classification_betas"),
            ({"suffix": ""}, "suffix"),
            ({"suffix": "x" * 41}, "suffix"),
            ({"suffix": "!!!"}, "suffix"),
            ({"training_file": None}, "training_file"),
            ({"training_file": "file-unknown"}, "training_file"),
            ({"training_file": ["file-1"]}, "training_file"),
            ({"validation_file": "file-unknown"}, "validation_file"),
            ({"model": "gpt-4"}, "model"),
            ({"model": "babbage-002"}, "model"),
            ({"model": "ada:ft-elsewhere-2023-01-29-13-51-40"}, "model"),
            ({"learning_rate": 0.1}, "learning_rate"),
        ],
    )
    def test_a_wrong_parameter_is_named(self, owner: Caller, body: JSON, param: str) -> None:
        file = owner.upload(pairs())
        error = owner.refused("fine-tunes", {"training_file": file["id"], "model": "ada", **body})
        assert error["param"] == param
        assert error["type"] == "invalid_request_error"
        assert not Job.objects.exists()

    def test_refusals_are_sentences(self, owner: Caller) -> None:
        file = {"training_file": owner.upload(pairs())["id"]}
        said = {
            "Missing required parameter: 'training_file'.": {},
            "Unrecognized request argument supplied: epochs": {**file, "epochs": 3},
            "Invalid type for 'n_epochs': expected an integer, but got a string instead.": {**file, "n_epochs": "3"},
            "Invalid value for 'n_epochs': expected a value >= 1, but got -3 instead.": {**file, "n_epochs": -3},
            "Invalid value for 'suffix': expected at most 40 characters.": {**file, "suffix": "x" * 41},
        }
        for message, body in said.items():
            assert owner.refused("fine-tunes", body)["message"] == message

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"classification_n_classes": 2}, "need a validation_file"),
            ({"validation_file": "ok"}, "need classification_n_classes, or classification_positive_class"),
            (
                {"validation_file": "ok", "classification_positive_class": " odd", "classification_n_classes": 3},
                "two classes",
            ),
            ({"validation_file": "ok", "classification_n_classes": 2, "classification_betas": [1.0]}, "two classes"),
        ],
    )
    def test_classification_metrics_need_what_they_are_made_of(self, owner: Caller, body: JSON, said: str) -> None:
        file = owner.upload(pairs())["id"]
        filled = {name: file if value == "ok" else value for name, value in body.items()}
        error = owner.refused("fine-tunes", {"training_file": file, "compute_classification_metrics": True, **filled})
        assert said in error["message"]

    def test_a_chat_file_does_not_fit_a_legacy_base(self, owner: Caller) -> None:
        error = owner.refused("fine-tunes", {"training_file": owner.upload(chats())["id"], "model": "ada"})
        assert "holds chat examples, and ada learns from prompt-completion examples only" in error["message"]
        assert error["param"] == "training_file"

    def test_a_file_of_another_purpose_is_refused(self, owner: Caller) -> None:
        file = owner.upload(b"x", form={"purpose": "user_data"})
        assert "has the purpose 'user_data'" in owner.refused("fine-tunes", {"training_file": file["id"]})["message"]

    def test_a_result_file_is_no_training_file(self, owner: Caller) -> None:
        done = work(legacy(owner)["id"])
        assert done.result_file is not None
        error = owner.refused("fine-tunes", {"training_file": done.result_file.public_id})
        assert "has the purpose 'fine-tune-results'" in error["message"]

    def test_a_member_may_create_too(self, member: Caller) -> None:
        assert legacy(member)["status"] == "pending"


class TestIdempotency:
    def test_the_same_request_again_gets_the_same_job(self, owner: Caller) -> None:
        body = {"training_file": owner.upload(pairs())["id"], "model": "ada", "n_epochs": 1}
        first = owner.post("fine-tunes", body, key="one")
        again = owner.post("fine-tunes/", dict(reversed(body.items())), key="one")
        assert again["id"] == first["id"]
        assert Job.objects.count() == 1

    def test_another_request_with_the_key_is_a_conflict(self, owner: Caller) -> None:
        body = {"training_file": owner.upload(pairs())["id"], "model": "ada"}
        owner.post("fine-tunes", body, key="one")
        error = owner.post("fine-tunes", {**body, "n_epochs": 1}, 409, key="one")["error"]
        assert error["code"] == "idempotency_key_reused"
        assert Job.objects.count() == 1

    def test_without_a_key_each_request_is_a_job(self, owner: Caller) -> None:
        body = {"training_file": owner.upload(pairs())["id"], "model": "ada"}
        assert owner.post("fine-tunes", body)["id"] != owner.post("fine-tunes", body)["id"]

    def test_keys_of_two_organizations_do_not_meet(self, owner: Caller, outsider: Caller) -> None:
        for caller in (owner, outsider):
            body = {"training_file": caller.upload(pairs())["id"], "model": "ada"}
            caller.post("fine-tunes", body, key="one")
        assert Job.objects.count() == 2

    def test_a_key_is_forgotten_after_a_day(self, owner: Caller) -> None:
        body = {"training_file": owner.upload(pairs())["id"], "model": "ada"}
        first = owner.post("fine-tunes", body, key="one")
        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            assert owner.post("fine-tunes", body, key="one")["id"] != first["id"]

    def test_a_key_that_is_too_long_is_refused(self, owner: Caller) -> None:
        body = {"training_file": owner.upload(pairs())["id"], "model": "ada"}
        assert "at most 255" in owner.post("fine-tunes", body, 400, key="k" * 256)["error"]["message"]


class TestStory:
    def test_a_fine_tune_that_succeeds_tells_it_in_order(self, owner: Caller) -> None:
        job = legacy(owner, suffix="My Tickets!")
        work(job["id"])
        done = owner.get(f"fine-tunes/{job['id']}")
        model, result = done["fine_tuned_model"], done["result_files"][0]
        assert done["status"] == "succeeded"
        assert re.fullmatch(r"ada:ft-acme:my-tickets-\d{4}(-\d\d){5}", model)
        assert (result["filename"], result["purpose"]) == ("compiled_results.csv", "fine-tune-results")
        assert messages(done) == [
            f"Created fine-tune: {job['id']}",
            "Fine-tune costs $0.00",
            "Fine-tune enqueued. Queue number: 0",
            "Fine-tune started",
            *(f"Completed epoch {epoch}/4" for epoch in (1, 2, 3, 4)),
            f"Uploaded model: {model}",
            f"Uploaded result file: {result['id']}",
            "Fine-tune succeeded",
        ]
        assert {event["level"] for event in done["events"]} == {"info"}
        assert set(done["events"][0]) == {"object", "created_at", "level", "message"}

    def test_defaults_are_numbers_once_the_file_was_read(self, owner: Caller) -> None:
        job = legacy(owner)
        work(job["id"])
        found = owner.get(f"fine-tunes/{job['id']}")["hyperparams"]
        assert (found["batch_size"], found["learning_rate_multiplier"]) == (1, 0.05)

    def test_the_queue_number_says_how_many_are_ahead(self, owner: Caller) -> None:
        first, second = legacy(owner), legacy(owner)
        for job in (first, second):
            tasks.check(Job.objects.get(public_id=job["id"]).pk)
        assert "Fine-tune enqueued. Queue number: 1" in messages(owner.get(f"fine-tunes/{second['id']}"))

    def test_a_job_that_moves_on_in_the_queue_is_told_once(self, owner: Caller) -> None:
        first, second = legacy(owner), legacy(owner)
        for job in (first, second):
            tasks.check(Job.objects.get(public_id=job["id"]).pk)
        tasks.ring()
        owner.post(f"fine-tunes/{first['id']}/cancel")
        tasks.ring()
        tasks.ring()
        assert messages(owner.get(f"fine-tunes/{second['id']}"))[-2:] == [
            "Fine-tune enqueued. Queue number: 1",
            "Fine-tune is in the queue. Queue number: 0",
        ]

    def test_a_job_that_has_started_is_in_no_queue(self, owner: Caller) -> None:
        job = legacy(owner)
        work(job["id"])
        told = messages(owner.get(f"fine-tunes/{job['id']}"))
        tasks.ring()
        assert messages(owner.get(f"fine-tunes/{job['id']}")) == told

    def test_examples_over_the_context_are_counted_in_a_warning(self, owner: Caller) -> None:
        lines = [*pairs(10), {"prompt": "word " * 3000, "completion": " odd"}]
        job = legacy(owner, lines, n_epochs=1)
        work(job["id"])
        events = owner.get(f"fine-tunes/{job['id']}")["events"]
        warned = [event["message"] for event in events if event["level"] == "warn"]
        assert warned == ["1 example is longer than 2048 tokens: the start of the prompt is left out"]

    def test_two_models_of_one_second_have_two_names(self, owner: Caller) -> None:
        names = {work(legacy(owner, n_epochs=1)["id"]).fine_tuned_model_id for _ in range(2)}
        assert len(names) == 2


class TestList:
    def test_the_oldest_is_first_and_events_are_left_out(self, owner: Caller) -> None:
        made = [legacy(owner)["id"] for _ in range(3)]
        listed = owner.get("fine-tunes")
        assert [job["id"] for job in listed["data"]] == made
        assert set(listed["data"][0]) == FINE_TUNE
        assert set(listed) == {"object", "data"}

    def test_jobs_of_the_current_generation_are_not_in_it(self, owner: Caller) -> None:
        current(owner)
        assert owner.get("fine-tunes")["data"] == []

    def test_the_number_of_queries_does_not_grow_with_the_jobs(
        self, owner: Caller, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(5):
            legacy(owner, validation_file=owner.upload(pairs())["id"])
        with django_assert_max_num_queries(3):
            assert len(owner.get("fine-tunes")["data"]) == 5


class TestGet:
    def test_an_unknown_fine_tune_is_a_404(self, owner: Caller) -> None:
        for address in ("fine-tunes/ft-unknown", "fine-tunes/ft-unknown/events"):
            assert owner.get(address, 404)["error"]["message"] == "No such fine-tune: ft-unknown"

    def test_events_can_be_listed_alone(self, owner: Caller) -> None:
        job = legacy(owner)
        assert owner.get(f"fine-tunes/{job['id']}/events") == {"object": "list", "data": job["events"]}


class TestCancel:
    def test_a_waiting_job_ends_at_once_without_a_body_or_content_type(self, owner: Caller) -> None:
        job = legacy(owner)
        response = owner.client.generic("POST", f"/v1/fine-tunes/{job['id']}/cancel", b"", content_type="")
        assert response.status_code == 200
        assert response.json()["status"] == "cancelled"
        assert messages(response.json())[-1] == "Fine-tune cancelled"
        assert work(job["id"]).status == "cancelled"

    def test_a_job_that_has_ended_cannot_be_cancelled(self, owner: Caller) -> None:
        job = legacy(owner)
        owner.post(f"fine-tunes/{job['id']}/cancel")
        error = owner.refused(f"fine-tunes/{job['id']}/cancel")
        assert "has already ended" in error["message"]
        assert messages(owner.get(f"fine-tunes/{job['id']}")).count("Fine-tune cancelled") == 1

    def test_an_unknown_job_is_a_404(self, owner: Caller) -> None:
        owner.post("fine-tunes/ft-unknown/cancel", status=404)


class TestContinue:
    def test_a_fine_tuned_model_is_trained_further(self, owner: Caller) -> None:
        first = work(legacy(owner)["id"])
        assert first.fine_tuned_model is not None
        job = legacy(owner, model=first.fine_tuned_model.name, suffix="more")
        assert job["model"] == first.fine_tuned_model.name
        done = work(job["id"])
        assert done.status == "succeeded"
        assert done.fine_tuned_model is not None
        assert done.fine_tuned_model.name.startswith("ada:ft-acme:more-")
        assert owner.get(f"models/{done.fine_tuned_model.name}")["parent"] == first.fine_tuned_model.name

    def test_it_goes_on_from_what_was_learned(self, owner: Caller) -> None:
        def first_loss(job: Job) -> float:
            assert job.result_file is not None
            return float(owner.content(job.result_file.public_id).decode().splitlines()[1].split(",")[3])

        first = work(legacy(owner)["id"])
        assert first.fine_tuned_model is not None
        assert first_loss(work(legacy(owner, model=first.fine_tuned_model.name)["id"])) < first_loss(first) / 2

    def test_a_deleted_model_is_nothing_to_start_from(self, owner: Caller) -> None:
        first = work(legacy(owner)["id"])
        assert first.fine_tuned_model is not None
        waiting = legacy(owner, model=first.fine_tuned_model.name)
        owner.delete(f"models/{first.fine_tuned_model.name}")
        assert owner.refused("fine-tunes", {"training_file": "x", "model": first.fine_tuned_model.name})["param"] == "model"
        done = work(waiting["id"])
        assert (done.status, done.error_code) == ("failed", "model_not_found")
        assert messages(owner.get(f"fine-tunes/{waiting['id']}"))[-1].startswith("Error: The model ada:ft-acme")


class TestFailure:
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"classification_n_classes": 3}, "The number of classes in file-"),
            ({"classification_positive_class": "odd"}, 'The positive class "odd" is no completion of file-'),
        ],
    )
    def test_what_the_file_cannot_give_fails_the_job(self, owner: Caller, body: JSON, said: str) -> None:
        job = legacy(owner, validation_file=owner.upload(pairs())["id"], compute_classification_metrics=True, **body)
        assert work(job["id"]).status == "failed"
        found = owner.get(f"fine-tunes/{job['id']}")
        assert found["status"] == "failed"
        assert found["events"][-1]["level"] == "error"
        assert found["events"][-1]["message"].startswith(f"Error: {said}")

    def test_a_file_that_vanished_from_the_disk_fails_the_job(self, owner: Caller) -> None:
        job = legacy(owner)
        Job.objects.get().training_file.path.unlink()
        assert work(job["id"]).error_code == "file_not_found"

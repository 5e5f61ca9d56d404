"""What the trainer answers is what OpenAI's published descriptions promise, object by object, status by status."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.trainer.conftest import JSON, Caller, caller, chats, current, legacy, model, pairs
from tests.trainer.published import conforms, page
from tests.trainer.test_run import at_step, claimed, queued
from tests.trainer.unigram import UnigramEngine
from trainer import finish, run
from trainer.models import Job, Organization, Role

pytestmark = pytest.mark.django_db

WANDB = {"type": "wandb", "wandb": {"project": "tickets"}}


def trained(made: JSON) -> Job:
    """Train a job to its end, with validation and two epochs if it asks for them."""
    job = queued(made)
    run.train(claimed(job), UnigramEngine())
    job.refresh_from_db()
    return job


def validated(owner: Caller) -> dict[str, str]:
    return {"validation_file": owner.upload(pairs(4))["id"]}


def seen_running(owner: Caller, made: JSON, address: str) -> JSON:
    """Return a job as it is answered in the middle of its training."""
    seen: list[JSON] = []
    run.train(claimed(queued(made)), at_step(2, lambda: seen.append(owner.get(f"{address}/{made['id']}"))))
    return seen[0]


def statuses(owner: Caller, address: str, make: object) -> Iterator[JSON]:
    """Yield a job in each status that both generations have."""
    assert callable(make)
    yield make(owner)
    waiting = make(owner)
    queued(waiting)
    yield owner.get(f"{address}/{waiting['id']}")
    yield seen_running(owner, make(owner), address)
    done = make(owner, None, **validated(owner))
    trained(done)
    yield owner.get(f"{address}/{done['id']}")
    failed = make(owner)
    finish.fail(claimed(queued(failed)), "The examples are too long.", code="invalid_training_file", param="training_file")
    yield owner.get(f"{address}/{failed['id']}")
    yield owner.post(f"{address}/{make(owner)['id']}/cancel")


class TestFiles:
    def test_a_file_and_its_deletion(self, owner: Caller) -> None:
        file = conforms(owner.upload(pairs()), "File")
        conforms(owner.get(f"files/{file['id']}"), "File")
        conforms(owner.delete(f"files/{file['id']}"), "FileDeleted")

    @pytest.mark.parametrize("purpose", ["assistants", "batch", "evals", "user_data", "vision"])
    def test_a_file_of_each_purpose_and_one_that_expires(self, owner: Caller, purpose: str) -> None:
        form = {"purpose": purpose, "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
        assert conforms(owner.upload(b"x", form=form), "File")["expires_at"]

    def test_the_list(self, owner: Caller) -> None:
        conforms(owner.get("files"), "PageWithEnds")
        for _ in range(2):
            owner.upload(pairs())
        assert page(owner.get("files", limit=1), "File", first=True)["has_more"] is True

    def test_an_upload_in_each_status_and_its_parts(self, owner: Caller) -> None:
        body = {"filename": "x.txt", "purpose": "user_data", "bytes": 1, "mime_type": "text/plain"}
        upload, other = (conforms(owner.post("uploads", body), "Upload")["id"] for _ in range(2))
        response = owner.client.post(f"/v1/uploads/{upload}/parts", {"data": SimpleUploadedFile("data", b"x")})
        part = conforms(response.json(), "UploadPart")
        done = conforms(owner.post(f"uploads/{upload}/complete", {"part_ids": [part["id"]]}), "Upload")
        conforms(done["file"], "File")
        assert conforms(owner.post(f"uploads/{other}/cancel"), "Upload")["status"] == "cancelled"


class TestFineTunes:
    def test_one_in_each_status(self, owner: Caller) -> None:
        found = [conforms(fine_tune, "FineTune")["status"] for fine_tune in statuses(owner, "fine-tunes", legacy)]
        assert found == ["pending", "pending", "running", "succeeded", "failed", "cancelled"]

    def test_one_with_classification_metrics(self, owner: Caller) -> None:
        options = {"classification_positive_class": " even", "classification_betas": [1, 0.5], **validated(owner)}
        done = trained(legacy(owner, compute_classification_metrics=True, **options))
        conforms(owner.get(f"fine-tunes/{done.public_id}"), "FineTune")

    def test_one_whose_file_was_deleted(self, owner: Caller) -> None:
        done = trained(legacy(owner))
        owner.delete(f"files/{done.training_file.public_id}")
        found = conforms(owner.get(f"fine-tunes/{done.public_id}"), "FineTune")
        assert found["training_files"][0]["status"] == "deleted"

    def test_the_list_and_the_events(self, owner: Caller) -> None:
        done = trained(legacy(owner))
        page(owner.get("fine-tunes"), "FineTune")
        page(owner.get(f"fine-tunes/{done.public_id}/events"), "FineTuneEvent")

    def test_the_stream_of_events(self, owner: Caller) -> None:
        *events, end = owner.stream(f"fine-tunes/{trained(legacy(owner)).public_id}/events?stream=true")
        assert end == "[DONE]"
        for event in events:
            conforms(json.loads(event), "FineTuneEvent")


class TestJobs:
    def test_one_in_each_status(self, owner: Caller) -> None:
        found = [conforms(job, "FineTuningJob")["status"] for job in statuses(owner, "fine_tuning/jobs", current)]
        assert found == ["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]

    def test_a_paused_one(self, owner: Caller) -> None:
        job = queued(current(owner))
        assert conforms(owner.post(f"fine_tuning/jobs/{job.public_id}/pause"), "FineTuningJob")["status"] == "paused"
        conforms(owner.post(f"fine_tuning/jobs/{job.public_id}/resume"), "FineTuningJob")

    def test_one_with_everything_that_can_be_asked_for(self, owner: Caller) -> None:
        method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "learning_rate_multiplier": 0.5}}}
        asked = {"suffix": "mine", "seed": 7, "metadata": {"a": "b"}, "integrations": [WANDB], "method": method}
        job = conforms(current(owner, None, **asked), "FineTuningJob")
        assert job["integrations"] == [WANDB]

    def test_the_list(self, owner: Caller) -> None:
        current(owner)
        assert page(owner.get("fine_tuning/jobs"), "FineTuningJob")["has_more"] is False

    def test_the_events_and_the_checkpoints(self, owner: Caller) -> None:
        asked = {"hyperparameters": {"n_epochs": 2, "batch_size": 4}, **validated(owner)}
        address = f"fine_tuning/jobs/{trained(current(owner, None, **asked)).public_id}"
        events = page(owner.get(f"{address}/events", limit=100), "FineTuningEvent")["data"]
        assert {event["type"] for event in events} == {"message", "metrics"}
        checkpoints = page(owner.get(f"{address}/checkpoints"), "FineTuningCheckpoint", first=True)["data"]
        assert len(checkpoints) == 2

    def test_the_checkpoints_of_a_job_that_has_none(self, owner: Caller) -> None:
        conforms(owner.get(f"fine_tuning/jobs/{current(owner)['id']}/checkpoints"), "PageWithEnds")

    def test_permissions(self, owner: Caller, outsider: Caller) -> None:
        name = trained(current(owner)).model_name
        friend = Organization.objects.get(slug="elsewhere").public_id
        address = f"fine_tuning/checkpoints/{name}/permissions"
        made = page(owner.post(address, {"project_ids": [friend]}), "Permission", first=True)["data"][0]
        page(owner.get(address), "Permission", first=True)
        conforms(owner.delete(f"{address}/{made['id']}"), "PermissionDeleted")


class TestModels:
    def test_bases_and_fine_tuned_ones_in_the_list_and_alone(self, owner: Caller) -> None:
        name = trained(current(owner)).model_name
        for found in page(owner.get("models"), "Model")["data"]:
            conforms(owner.get(f"models/{found['id']}"), "Model")
        conforms(owner.delete(f"models/{name}"), "ModelDeleted")


def chunks(owner: Caller, address: str, body: JSON, name: str) -> list[JSON]:
    *parts, end = owner.stream(address, {**body, "stream": True})
    assert end == "[DONE]"
    return [conforms(json.loads(part), name) for part in parts]


class TestCompletions:
    OPTIONS: list[JSON] = [{}, {"logprobs": 3}, {"logprobs": 0, "echo": True}, {"n": 2, "best_of": 3}, {"max_tokens": 0}]

    @pytest.mark.parametrize("options", OPTIONS)
    def test_whole(self, owner: Caller, options: JSON) -> None:
        name = model(owner, "ada", pairs(4))
        body = {"model": name, "prompt": "number 2 is ->", "max_tokens": 2, **options}
        conforms(owner.post("completions", body), "Completion")

    @pytest.mark.parametrize("options", [{}, {"logprobs": 2, "echo": True}, {"stream_options": {"include_usage": True}}])
    def test_in_chunks(self, owner: Caller, options: JSON) -> None:
        name = model(owner, "ada", pairs(4))
        body = {"model": name, "prompt": "number 2", "max_tokens": 2, **options}
        found = chunks(owner, "completions", body, "CompletionChunk")
        assert bool(found[-1].get("usage")) == ("stream_options" in options)


class TestChatCompletions:
    ASKED: JSON = {"messages": [{"role": "user", "content": "What is 2?"}], "max_completion_tokens": 3}

    @pytest.mark.parametrize("options", [{}, {"n": 2}, {"logprobs": True, "top_logprobs": 2}])
    def test_whole(self, owner: Caller, options: JSON) -> None:
        name = model(owner, "gpt-3.5-turbo-0613", chats(2))
        conforms(owner.post("chat/completions", {**self.ASKED, "model": name, **options}), "ChatCompletion")

    @pytest.mark.parametrize("options", [{}, {"logprobs": True}, {"stream_options": {"include_usage": True}}])
    def test_in_chunks(self, owner: Caller, options: JSON) -> None:
        name = model(owner, "gpt-3.5-turbo-0613", chats(2))
        found = chunks(owner, "chat/completions", {**self.ASKED, "model": name, **options}, "ChatCompletionChunk")
        assert bool(found[-1].get("usage")) == ("stream_options" in options)


class TestErrors:
    @pytest.mark.parametrize(
        ("method", "address", "status"),
        [
            ("GET", "files?limit=0", 400),
            ("POST", "completions", 400),
            ("GET", "files/file-x", 404),
            ("GET", "models/x", 404),
            ("GET", "fine-tunes/ft-x", 404),
            ("GET", "fine_tuning/jobs/ftjob-x", 404),
            ("GET", "nothing", 404),
            ("PATCH", "files", 405),
        ],
    )
    def test_each_has_the_envelope(self, owner: Caller, method: str, address: str, status: int) -> None:
        response = owner.client.generic(method, f"/v1/{address}")
        assert response.status_code == status
        conforms(response.json(), "Error")

    def test_without_a_key_and_without_the_role(self, member: Caller) -> None:
        conforms(Client().get("/v1/files").json(), "Error")
        conforms(member.delete("models/x", 403), "Error")

    def test_a_key_used_for_something_else_and_too_many_requests(self, owner: Caller) -> None:
        owner.post("fine-tunes", {"training_file": owner.upload(pairs())["id"], "model": "ada"}, key="one")
        again = {"training_file": owner.upload(pairs())["id"], "model": "ada"}
        conforms(owner.post("fine-tunes", again, 409, key="one"), "Error")
        hurried = caller(Role.MEMBER, "hurried")
        Organization.objects.get(slug="hurried").keys.update(requests_per_minute=1)
        hurried.get("models")
        conforms(hurried.get("models", 429), "Error")

"""OpenAI as it was until January 2024: /v1/fine-tunes, with whole file objects and events without ids."""

from __future__ import annotations

from typing import Any

from tests.fakes.serving import Refusal, Request, streamed
from tests.fakes.shelf import ANSWERS, FILES, MODELS, Shelf, listed

STEPS = 9
HEADER = "step,elapsed_tokens,elapsed_examples,training_loss,training_sequence_accuracy,training_token_accuracy"


class OpenAILegacy(Shelf):
    bases = ("ada", "babbage", "curie", "davinci")
    routes = [
        ("POST", "/fine-tunes", "create"),
        ("GET", "/fine-tunes", "list_jobs"),
        ("GET", "/fine-tunes/([^/]+)", "job"),
        ("POST", "/fine-tunes/([^/]+)/cancel", "cancel"),
        ("GET", "/fine-tunes/([^/]+)/events", "list_events"),
        *FILES,
        *MODELS,
        *ANSWERS,
    ]

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, dict[str, Any]] = {}

    def list_files(self, request: Request) -> Any:
        return listed(list(self.files.values()))

    def create(self, request: Request) -> Any:
        wish = request.json
        strange = set(wish) & {"metadata", "seed", "method", "integrations"}
        if strange:
            raise Refusal(400, f"Additional properties are not allowed: {sorted(strange)}")
        if wish.get("model", "curie") not in self.models:
            raise Refusal(400, f"Invalid base model: {wish.get('model')}", param="model")
        files = [self.training_file(wish["training_file"])]
        validation = [self.files[wish["validation_file"]]] if wish.get("validation_file") else []
        job = self.new_job(f"ft-{len(self.jobs) + 1:024d}", wish, files, validation)
        self.jobs[job["id"]] = job
        self.log(job, f"Created fine-tune: {job['id']}")
        return job

    def new_job(self, id: str, wish: dict[str, Any], files: list[Any], validation: list[Any]) -> dict[str, Any]:
        now = self.now()
        own = {"model", "training_file", "validation_file", "suffix"}
        defaults = {"n_epochs": 4, "batch_size": 1, "learning_rate_multiplier": 0.1, "prompt_loss_weight": 0.01}
        return {
            "id": id,
            "object": "fine-tune",
            "model": wish.get("model", "curie"),
            "created_at": now,
            "updated_at": now,
            "status": "pending",
            "fine_tuned_model": None,
            "organization_id": "org-acme",
            "hyperparams": defaults | {name: value for name, value in wish.items() if name not in own},
            "training_files": files,
            "validation_files": validation,
            "result_files": [],
            "events": [],
            "suffix": wish.get("suffix"),
        }

    def list_jobs(self, request: Request) -> Any:
        return listed([{name: value for name, value in job.items() if name != "events"} for job in self.jobs.values()])

    def job(self, request: Request, id: str) -> Any:
        job = self.known(self.jobs, id, "fine-tune")
        self.advance(job)
        return job

    def cancel(self, request: Request, id: str) -> Any:
        job = self.known(self.jobs, id, "fine-tune")
        if job["status"] not in {"pending", "running"}:
            raise Refusal(400, "Job has already completed.")
        job["status"] = "cancelled"
        self.log(job, "Fine-tune cancelled")
        return job

    def list_events(self, request: Request, id: str) -> Any:
        events = self.known(self.jobs, id, "fine-tune")["events"]
        return streamed(events) if request.query.get("stream") == "true" else listed(events)

    def advance(self, job: dict[str, Any]) -> None:
        if job["status"] == "pending":
            self.log(job, "Fine-tune costs $0.02")
            self.log(job, "Fine-tune enqueued. Queue number: 0")
            self.log(job, "Fine-tune started")
            job["status"] = "running"
        elif job["status"] == "running":
            for epoch in range(1, job["hyperparams"]["n_epochs"] + 1):
                self.log(job, f"Completed epoch {epoch}/{job['hyperparams']['n_epochs']}")
            self.finish(job)

    def finish(self, job: dict[str, Any]) -> None:
        suffix = f":{job['suffix']}" if job["suffix"] else ""
        job["fine_tuned_model"] = f"{job['model']}:ft-acme{suffix}-2023-01-29-13-51-{len(self.jobs):02d}"
        self.models[job["fine_tuned_model"]] = self.new_model(job["fine_tuned_model"], "acme")
        rows = [f"{step},{step * 9},{step},{1 / step!r},{float(step > 3)!r},0.5" for step in range(1, STEPS + 1)]
        content = "\n".join([HEADER, *rows, ""]).encode()
        job["result_files"] = [self.add_file("compiled_results.csv", content, "fine-tune-results", "processed")]
        self.log(job, f"Uploaded model: {job['fine_tuned_model']}")
        self.log(job, f"Uploaded result file: {job['result_files'][0]['id']}")
        self.log(job, "Fine-tune succeeded")
        job["status"] = "succeeded"

    def log(self, job: dict[str, Any], message: str) -> None:
        job["updated_at"] = self.now()
        about = {"object": "fine-tune-event", "created_at": job["updated_at"], "level": "info"}
        job["events"].append({**about, "message": message})

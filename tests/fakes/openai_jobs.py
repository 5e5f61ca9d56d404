"""OpenAI as it is: /v1/fine_tuning/jobs. A job takes a step of its life each time it is looked at."""

from __future__ import annotations

import base64
import json
from typing import Any, ClassVar

from tests.fakes.serving import Refusal, Request
from tests.fakes.shelf import ANSWERS, FILES, MODELS, Shelf, listed

ENDED = {"succeeded", "failed", "cancelled"}
STEPS = 12
JOBS = [
    ("POST", "/fine_tuning/jobs", "create"),
    ("GET", "/fine_tuning/jobs", "list_jobs"),
    ("GET", "/fine_tuning/jobs/([^/]+)", "job"),
    ("POST", "/fine_tuning/jobs/([^/]+)/(cancel|pause|resume)", "tell"),
    ("GET", "/fine_tuning/jobs/([^/]+)/events", "list_events"),
    ("GET", "/fine_tuning/jobs/([^/]+)/checkpoints", "list_checkpoints"),
]


class OpenAIJobs(Shelf):
    bases: ClassVar[tuple[str, ...]] = ("gpt-4.1-mini-2025-04-14", "gpt-4o-mini-2024-07-18")
    routes = [*JOBS, *FILES, *MODELS, *ANSWERS]
    closed = False  # the account may not start fine-tunes any more

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.checkpoints: dict[str, list[dict[str, Any]]] = {}

    def new_model(self, name: str, owner: str) -> dict[str, Any]:
        return super().new_model(name, owner) | {"shutdown_date": "2027-01-14"}

    def create(self, request: Request) -> Any:
        wish = request.json
        if self.closed:
            said = "The fine-tuning platform is winding down. Your organization can no longer create training jobs."
            raise Refusal(403, said, "training_not_available")
        self.training_file(wish.get("training_file"))
        self.check(wish)
        job = self.new_job(f"ftjob-{len(self.jobs) + 1:024d}", wish)
        self.jobs[job["id"]] = job
        self.events[job["id"]], self.checkpoints[job["id"]] = [], []
        self.log(job, f"Created fine-tuning job: {job['id']}")
        return job

    def check(self, wish: dict[str, Any]) -> None:
        if wish.get("model") not in self.models:
            raise Refusal(
                400, f"Model {wish.get('model')} is not available for fine-tuning.", "model_not_available", "model"
            )

    def new_job(self, id: str, wish: dict[str, Any]) -> dict[str, Any]:
        method = wish.get("method") or {"type": "supervised"}
        given = (method.get(method["type"]) or {}).get("hyperparameters") or wish.get("hyperparameters") or {}
        numbers = {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 2.0} | {
            name: value for name, value in given.items() if value != "auto"
        }
        return {
            "object": "fine_tuning.job",
            "id": id,
            "model": wish["model"],
            "created_at": self.now(),
            "finished_at": None,
            "fine_tuned_model": None,
            "organization_id": "org-acme",
            "result_files": [],
            "status": "validating_files",
            "validation_file": wish.get("validation_file"),
            "training_file": wish["training_file"],
            "hyperparameters": numbers,
            "trained_tokens": None,
            "error": None,
            "user_provided_suffix": wish.get("suffix"),
            "seed": wish.get("seed") or 42,
            "estimated_finish": None,
            "integrations": [],
            "metadata": wish.get("metadata"),
            "method": {"type": method["type"], method["type"]: {"hyperparameters": numbers}},
        }

    def list_jobs(self, request: Request) -> Any:
        wanted = {name[9:-1]: value for name, value in request.query.items() if name.startswith("metadata[")}
        jobs = [job for job in reversed(self.jobs.values()) if wanted.items() <= (job.get("metadata") or {}).items()]
        return self.page(request, jobs)

    def page(self, request: Request, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Two at a time at most, so that everybody has to turn pages."""
        ids = [item["id"] for item in items]
        after = request.query.get("after")
        if after and after not in ids:
            raise Refusal(404, f"No such object: {after}")
        start = ids.index(after) + 1 if after else 0
        end = start + min(2, int(request.query.get("limit", 20)))
        return listed(items[start:end], has_more=end < len(items))

    def job(self, request: Request, id: str) -> Any:
        job = self.known(self.jobs, id, "fine-tuning job")
        self.advance(job)
        return job

    def tell(self, request: Request, id: str, word: str) -> Any:
        job = self.known(self.jobs, id, "fine-tuning job")
        if job["status"] in ENDED or (word == "resume") != (job["status"] == "paused"):
            raise Refusal(400, f"Job has already completed or cannot {word}: {job['status']}.")
        job["status"] = {"cancel": "cancelled", "pause": "paused", "resume": "queued"}[word]
        if word == "cancel":
            job["finished_at"] = self.now()
            self.log(job, "The job was successfully cancelled")
        return job

    def list_events(self, request: Request, id: str) -> Any:
        self.known(self.jobs, id, "fine-tuning job")
        return self.page(request, self.events[id][::-1])

    def list_checkpoints(self, request: Request, id: str) -> Any:
        self.known(self.jobs, id, "fine-tuning job")
        found = self.page(request, self.checkpoints[id][::-1])
        ids = [item["id"] for item in found["data"]]
        return found | {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}

    # A life

    def advance(self, job: dict[str, Any]) -> None:
        """One step: checked, queued, running, then all the numbers and the end."""
        if job["status"] == "validating_files":
            self.log(job, "Files validated, moving job to queued state")
            job["status"] = "queued"
        elif job["status"] == "queued":
            self.log(job, "Fine-tuning job started")
            job["status"] = "running"
        elif job["status"] == "running":
            self.train(job)
            self.finish(job)

    def train(self, job: dict[str, Any]) -> None:
        for step in range(1, STEPS + 1):
            numbers = {"step": step, "total_steps": STEPS, "train_loss": round(2 / step, 4)}
            numbers |= {"train_mean_token_accuracy": round(1 - 1 / (step + 1), 4)}
            if job["validation_file"] and step % 4 == 0:
                numbers |= {"valid_loss": round(2.2 / step, 4), "valid_mean_token_accuracy": 0.5}
            self.log(job, f"Step {step}/{STEPS}: training loss={numbers['train_loss']}", "metrics", numbers)
            if step % 4 == 0:
                self.checkpoints[job["id"]].append(self.checkpoint(job, step, numbers))

    def checkpoint(self, job: dict[str, Any], step: int, numbers: dict[str, Any]) -> dict[str, Any]:
        return {
            "object": "fine_tuning.job.checkpoint",
            "id": f"ftckpt_{job['id'][-4:]}{step:04d}",
            "created_at": self.now(),
            "fine_tuned_model_checkpoint": f"{self.tuned(job)}:ckpt-step-{step}",
            "fine_tuning_job_id": job["id"],
            "step_number": step,
            "metrics": {name: value for name, value in numbers.items() if name != "total_steps"},
        }

    def tuned(self, job: dict[str, Any]) -> str:
        return f"ft:{job['model']}:acme:{job['user_provided_suffix'] or ''}:{job['id'][-8:]}"

    def finish(self, job: dict[str, Any]) -> None:
        job |= {"status": "succeeded", "finished_at": self.now(), "trained_tokens": 4321}
        job |= {"fine_tuned_model": self.tuned(job), "result_files": self.results(job)}
        self.models[job["fine_tuned_model"]] = self.new_model(job["fine_tuned_model"], "org-acme")
        self.log(job, f"New fine-tuned model created: {job['fine_tuned_model']}")
        self.log(job, "The job has successfully completed")

    def results(self, job: dict[str, Any]) -> list[str]:
        content = base64.b64encode(self.table(job).encode())
        return [self.add_file("step_metrics.csv", content, "fine-tune-results", "processed")["id"]]

    def table(self, job: dict[str, Any]) -> str:
        lines = ["step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"]
        for event in self.events[job["id"]]:
            if event["type"] == "metrics":
                data = event["data"]
                names = ("step", "train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
                lines.append(",".join(self.cell(data.get(name)) for name in names))
        return "\n".join(lines) + "\n"

    def cell(self, value: Any) -> str:
        return "" if value is None else json.dumps(value)

    def log(self, job: dict[str, Any], message: str, type: str = "message", data: dict[str, Any] | None = None) -> None:
        events = self.events[job["id"]]
        about = {"id": f"ftevent-{job['id'][-4:]}{len(events):04d}", "object": "fine_tuning.job.event", "level": "info"}
        events.append({**about, "created_at": self.now(), "message": message, "type": type, "data": data or {}})

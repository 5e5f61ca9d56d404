"""Nebius Token Factory: OpenAI's jobs for open models. No results file, no metadata, file states without a word."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.fakes.openai_jobs import ENDED, JOBS, OpenAIJobs
from tests.fakes.serving import Refusal, Request
from tests.fakes.shelf import ANSWERS, FILES, MODELS, listed

STEPS_IN_EPOCH = 8


class Nebius(OpenAIJobs):
    bases = ("meta-llama/Meta-Llama-3.1-8B-Instruct", "meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-32B")
    routes = [*JOBS, *FILES, *MODELS, *ANSWERS, ("POST", "/deploy", "deploy_asked")]

    def place(self, path: str, query: dict[str, str]) -> str:
        return "/deploy" if path == "/v0/models" else super().place(path, query)

    def new_file(self, id: str, name: str, content: bytes, purpose: str) -> dict[str, Any]:
        unique = hashlib.sha256(id.encode()).hexdigest()
        made = super().new_file(f"file-{unique[:8]}-{unique[8:12]}", name, content, purpose)
        return made | {"status": None}

    def add_file(self, name: str, content: bytes, purpose: str, status: str | None = None) -> dict[str, Any]:
        return super().add_file(name, content, purpose, None)

    def processed(self, file: dict[str, Any]) -> None:
        """It never says so."""

    def is_processed(self, file: dict[str, Any]) -> bool:
        return True

    def new_job(self, id: str, wish: dict[str, Any]) -> dict[str, Any]:
        job = super().new_job(f"ftjob-{hashlib.sha256(id.encode()).hexdigest()[:32]}", wish)
        chosen = wish.get("hyperparameters") or {}
        numbers = {"n_epochs": 3, "batch_size": 8, "learning_rate": 1e-5, "lora": False, "context_length": 8192} | chosen
        for name in ("metadata", "method", "estimated_finish"):
            del job[name]
        return job | {"hyperparameters": numbers, "error": None, "trained_steps": 0, "total_steps": None}

    def page(self, request: Request, items: list[dict[str, Any]]) -> dict[str, Any]:
        """All of it, and nothing on whether there is more."""
        ids = [item["id"] for item in items]
        after = request.query.get("after")
        return listed(items[ids.index(after) + 1 :] if after in ids else items)

    def advance(self, job: dict[str, Any]) -> None:
        if job["status"] == "validating_files":
            self.log(job, "Job is submitted")
            self.log(job, "Dataset 'training' processed successfully")
            job |= {"status": "running", "total_steps": job["hyperparameters"]["n_epochs"] * STEPS_IN_EPOCH}
        elif job["status"] == "running" and job["trained_steps"] < job["total_steps"]:
            self.end_epoch(job)
        elif job["status"] not in ENDED:
            job |= {"status": "succeeded", "finished_at": self.now(), "trained_tokens": 4321}
            self.log(job, "Training completed successfully")

    def end_epoch(self, job: dict[str, Any]) -> None:
        step = job["trained_steps"] = job["trained_steps"] + STEPS_IN_EPOCH
        numbers = {"train_loss": 2 / step} | ({"valid_loss": 3 / step} if job["validation_file"] else {})
        weights = self.add_file("adapter_model.safetensors", b"weights", "fine-tune-results")
        made = super().checkpoint(job, step, numbers)
        self.checkpoints[job["id"]].append(made | {"result_files": [weights["id"]]})

    def deploy(self, name: str, model: str) -> None:
        """Serve a checkpoint, named `job:checkpoint`, under a name of its own."""
        job, _, checkpoint = model.partition(":")
        if checkpoint not in {one["id"] for one in self.checkpoints.get(job, [])}:
            raise Refusal(404, f"No such checkpoint: {model}")
        self.models[name] = self.new_model(name, "acme")

    def deploy_asked(self, request: Request) -> Any:
        self.deploy(request.json["name"], request.json["source"])
        return {"name": request.json["name"], "status": "active"}

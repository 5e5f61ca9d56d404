"""Azure OpenAI: OpenAI's jobs with a key header, two kinds of address, ids of its own, and deployments."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.fakes.openai_jobs import JOBS, OpenAIJobs
from tests.fakes.serving import KEY, Answer, Refusal, Request
from tests.fakes.shelf import ANSWERS, FILES, MODELS

COLUMNS = (
    "step",
    "train_loss",
    "train_mean_token_accuracy",
    "valid_loss",
    "valid_mean_token_accuracy",
    "full_valid_loss",
    "full_valid_mean_token_accuracy",
)


class Azure(OpenAIJobs):
    bases = ("gpt-4.1-mini-2025-04-14", "gpt-4.1-2025-04-14", "text-embedding-3-large")
    routes = [
        *JOBS,
        *FILES,
        *MODELS,
        ("POST", "/deployments/([^/]+)/(chat/completions|completions)", "of_deployment"),
        *ANSWERS,
        ("PUT", "/management/deployments/([^/]+)", "deploy_asked"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.deployments: dict[str, str] = {}

    def place(self, path: str, query: dict[str, str]) -> str:
        """The v1 path needs no version; the older one does."""
        if path.startswith("/openai/v1/"):
            return path.removeprefix("/openai/v1")
        if path.startswith("/openai/") and query.get("api-version"):
            return path.removeprefix("/openai")
        return path if path.startswith("/management/") else "/nowhere"

    def is_allowed(self, request: Request) -> bool:
        return request.headers.get("api-key") == KEY

    def upload(self, request: Request) -> Any:
        return Answer(super().upload(request), 201)

    def new_file(self, id: str, name: str, content: bytes, purpose: str) -> dict[str, Any]:
        short = hashlib.sha256(id.encode()).hexdigest()[:32]
        return super().new_file(f"file-{short}", name, content, purpose) | {"status": "pending"}

    def new_model(self, name: str, owner: str) -> dict[str, Any]:
        about = {"id": name, "object": "model", "created_at": self.now(), "status": "succeeded"}
        base, tuned, _rest = name.partition(".ft-")
        can = {"fine_tune": not tuned and name.startswith("gpt"), "inference": True, "chat_completion": True}
        ends = {"fine_tune": 1_798_761_600, "inference": 1_830_297_600}  # 2027 and 2028, the first of January
        return about | {
            "capabilities": can,
            "lifecycle_status": "generally-available",
            "deprecation": ends,
            **({"model": base, "fine_tune": f"ft-{name[-32:]}"} if tuned else {}),
        }

    def check(self, wish: dict[str, Any]) -> None:
        super().check(wish)
        if not self.models[wish["model"]]["capabilities"]["fine_tune"]:
            raise Refusal(400, "The base model does not support fine-tuning.", "invalidPayload", "model")

    def tuned(self, job: dict[str, Any]) -> str:
        suffix = f"-{job['user_provided_suffix']}" if job["user_provided_suffix"] else ""
        return f"{job['model']}.ft-{hashlib.sha256(job['id'].encode()).hexdigest()[:32]}{suffix}"

    def checkpoint(self, job: dict[str, Any], step: int, numbers: dict[str, Any]) -> dict[str, Any]:
        made = super().checkpoint(job, step, numbers)
        absent = dict.fromkeys(COLUMNS[3:], -1.0)
        name = hashlib.sha256(f"{job['id']}{step}".encode()).hexdigest()[:32]
        return made | {"id": f"ftchkpt-{name}", "metrics": absent | made["metrics"]}

    def results(self, job: dict[str, Any]) -> list[str]:
        rows = [event["data"] for event in self.events[job["id"]] if event["type"] == "metrics"]
        lines = [",".join(json.dumps(row.get(name, -1)) for name in COLUMNS) for row in rows]
        content = "\n".join([",".join(COLUMNS), *lines, ""]).encode()
        return [self.add_file("results.csv", content, "fine-tune-results", "processed")["id"]]

    # Deployments: made through the management API, which has another key and another address

    def deploy(self, name: str, model: str) -> None:
        assert model in self.models
        self.deployments[name] = model

    def deploy_asked(self, request: Request, name: str) -> Any:
        self.deploy(name, request.json["properties"]["model"]["name"])
        return {"name": name, "properties": {"provisioningState": "Succeeded"}}

    def answering(self, name: Any) -> str:
        if name not in self.deployments:
            raise Refusal(404, "The API deployment for this resource does not exist.", "DeploymentNotFound")
        return self.deployments[str(name)]

    def of_deployment(self, request: Request, name: str, resource: str) -> Any:
        body = json.dumps(request.json | {"model": name}).encode()
        moved = Request(request.method, f"/{resource}", request.query, request.headers, body)
        return self.chat(moved) if resource.startswith("chat") else self.complete(moved)

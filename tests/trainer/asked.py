"""Things of the running trainer that generated requests can be about, and bounds to what they ask for.

Left alone, a generated id names nothing: half of all requests would end at the same 404.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis

from tests.trainer.live import LiveTrainer
from tests.trainer.test_live import finished, pairs, upload

FEW = {"max_tokens": 4, "max_completion_tokens": 4, "n": 2, "best_of": 2, "n_epochs": 2}
MODELS = {"/chat/completions": "gpt-3.5-turbo-0613", "/fine_tuning/jobs": "babbage-002"}
CREATES_JOBS = ("/fine-tunes", "/fine_tuning/jobs")


@dataclass(frozen=True)
class Known:
    """What one organization has, whose things no other test sees."""

    client: httpx.Client
    file: str
    legacy: str
    job: str
    model: str
    organization: str

    @property
    def address(self) -> str:
        return str(self.client.base_url).rstrip("/")

    @property
    def key(self) -> str:
        return str(self.client.headers["Authorization"])

    def aim(self, case: schemathesis.Case[Any]) -> None:
        """Have a request be about what there is, and ask for little work."""
        path = case.operation.path
        if case.headers:
            # One key for all of them would have the second job refused.
            case.headers.pop("Idempotency-Key", None)
        if case.path_parameters:
            for name in case.path_parameters:
                case.path_parameters[name] = self._place(name, case)
        if isinstance(case.body, dict):
            self._body(case.body, path)

    def tidy(self, case: schemathesis.Case[Any], response: Any) -> None:
        """Give up the jobs that a request made: nobody waits for them."""
        if case.operation.path in CREATES_JOBS and case.method == "POST" and response.status_code == 200:
            self.client.post(f"{case.operation.path}/{response.json()['id']}/cancel")

    def _place(self, name: str, case: schemathesis.Case[Any]) -> str:
        path, changes = case.operation.path, case.method != "GET"
        places: dict[str, Callable[[], str]] = {
            "file_id": lambda: upload(self.client, pairs(2)) if changes else self.file,
            "upload_id": self._upload,
            "job_id": lambda: self.legacy if path.startswith("/fine-tunes") else self._job(changes=changes),
            "engine": lambda: "ada",
            "name": lambda: "ada" if changes and path == "/models/{name}" else self.model,
            "permission_id": self._permission,
        }
        return places[name]()

    def _body(self, body: dict[str, Any], path: str) -> None:
        for name, most in FEW.items():
            if isinstance(body.get(name), int | float) and body[name] > most:
                body[name] = most
        if path == "/chat/completions" and not (body.get("max_tokens") or body.get("max_completion_tokens")):
            body["max_tokens"] = FEW["max_tokens"]
        if isinstance(body.get("prompt"), list):
            body["prompt"] = body["prompt"][: FEW["n"]]
        _fit(body)
        there = {"training_file": self.file, "validation_file": self.file, "model": MODELS.get(path, "ada")}
        for name, value in there.items():
            if isinstance(body.get(name), str):
                body[name] = value
        if isinstance(body.get("project_ids"), list) and all(isinstance(item, str) for item in body["project_ids"]):
            body["project_ids"] = [self.organization for _ in body["project_ids"]]

    def _upload(self) -> str:
        body = {"filename": "x.jsonl", "purpose": "user_data", "bytes": 1, "mime_type": "text/plain"}
        return str(self.client.post("/uploads", json=body).json()["id"])

    def _job(self, *, changes: bool) -> str:
        if not changes:
            return self.job
        body = {"training_file": self.file, "model": "babbage-002", "hyperparameters": {"n_epochs": 1}}
        return str(self.client.post("/fine_tuning/jobs", json=body).json()["id"])

    def _permission(self) -> str:
        answer = self.client.post(
            f"/fine_tuning/checkpoints/{self.model}/permissions", json={"project_ids": [self.organization]}
        )
        return str(answer.json()["data"][0]["id"])


def _fit(body: dict[str, Any]) -> None:
    """Leave out what is refused beside other parameters, so that most requests are looked at to their end."""
    if body.get("stream") is not True:
        body.pop("stream_options", None)
    if body.get("logprobs") is not True:
        body.pop("top_logprobs", None)
    if not body.get("compute_classification_metrics"):
        body.pop("classification_n_classes", None)


@pytest.fixture(scope="session")
def known(live_trainer: LiveTrainer) -> Iterator[Known]:
    key = live_trainer.manage("trainer_key", "create", "--role", "owner", "--organization", "asked-anything")
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=live_trainer.base_url, headers=headers, timeout=30) as client:
        file = upload(client, pairs(10))
        current = client.post("/fine_tuning/jobs", json={"training_file": file, "model": "babbage-002"}).json()["id"]
        legacy = client.post("/fine-tunes", json={"training_file": file, "model": "ada"}).json()["id"]
        finished(client, f"/fine-tunes/{legacy}")
        job = finished(client, f"/fine_tuning/jobs/{current}")
        yield Known(client, file, legacy, current, job["fine_tuned_model"], job["organization_id"])

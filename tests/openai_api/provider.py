"""A provider for tests: it answers what it is told to and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from openai_api import Client
from openai_api.types import DialectName

BASE_URL = "https://provider.example/v1"
KEY = "sk-test-0123456789abcdef"

Answer = httpx.Response | Exception


@dataclass
class Provider:
    answers: list[Answer] = field(default_factory=list)
    answer: Callable[[httpx.Request], Answer] | None = None  # instead of the list
    asked: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def client(self, dialect: DialectName = "jobs", **options: Any) -> Client:
        settings = {"base_url": BASE_URL, "key": KEY} | options
        return Client(
            dialect=dialect,
            transport=httpx.MockTransport(self._handle),
            async_transport=httpx.MockTransport(self._handle),
            sleep=self.slept.append,
            **settings,
        )

    @property
    def last(self) -> httpx.Request:
        return self.asked[-1]

    @property
    def body(self) -> Any:
        return json.loads(self.last.content)

    @property
    def lines(self) -> list[str]:
        """Return the method and the target of each request, as they went over the wire."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.asked]

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answer(request) if self.answer else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answering(*answers: Any) -> Provider:
    """Make a provider that gives these answers in turn; what is not a response goes out as JSON."""
    return Provider(answers=[_answer(answer) for answer in answers])


def _answer(answer: Any) -> Answer:
    if isinstance(answer, httpx.Response | Exception):
        return answer
    return httpx.Response(200, json=answer)


def refusal(status: int, message: str = "No.", **fields: Any) -> httpx.Response:
    return httpx.Response(status, json={"error": {"message": message, "type": "x", "param": None, "code": None} | fields})


def listed(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(items)} | fields


FILE = {
    "id": "file-1",
    "object": "file",
    "bytes": 2271,
    "created_at": 1674999990,
    "filename": "train.jsonl",
    "purpose": "fine-tune",
    "status": "processed",
    "status_details": None,
}
LEGACY = {
    "id": "ft-Q4mVbH2k9sTzX0cYpL7RaWnE",
    "object": "fine-tune",
    "model": "ada",
    "created_at": 1675000000,
    "updated_at": 1675000900,
    "status": "succeeded",
    "fine_tuned_model": "ada:ft-acme:tickets-2023-01-29-13-51-40",
    "organization_id": "org-abc",
    "hyperparams": {"n_epochs": 4, "batch_size": 1, "learning_rate_multiplier": 0.1, "prompt_loss_weight": 0.01},
    "training_files": [FILE],
    "validation_files": [],
    "result_files": [FILE | {"id": "file-2", "filename": "compiled_results.csv", "purpose": "fine-tune-results"}],
    "events": [
        {"object": "fine-tune-event", "created_at": 1675000000, "level": "info", "message": "Created fine-tune: ft-Q4mV"}
    ],
}
JOB = {
    "object": "fine_tuning.job",
    "id": "ftjob-a1B2c3D4e5F6g7H8i9J0kLmN",
    "model": "gpt-4.1-mini-2025-04-14",
    "created_at": 1760000000,
    "finished_at": None,
    "fine_tuned_model": None,
    "organization_id": "org-abc",
    "result_files": [],
    "status": "running",
    "validation_file": None,
    "training_file": "file-9xYz",
    "hyperparameters": {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 2.0},
    "trained_tokens": None,
    "error": {"code": None, "message": None, "param": None},
    "user_provided_suffix": "triage",
    "seed": 105,
    "estimated_finish": 1760000900,
    "integrations": [],
    "metadata": None,
    "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}},
}
COMPLETION = {
    "id": "cmpl-7Qm",
    "object": "text_completion",
    "created": 1675001000,
    "model": "ada:ft-acme:tickets-2023-01-29-13-51-40",
    "choices": [
        {
            "text": " billing",
            "index": 0,
            "finish_reason": "length",
            "logprobs": {
                "tokens": [" billing"],
                "token_logprobs": [-0.04],
                "top_logprobs": [{" refund": -3.6, " billing": -0.04}],
                "text_offset": [41],
            },
        }
    ],
    "usage": {"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 13},
}
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1760000000,
    "model": "ft:gpt-4.1-mini:acme::9x9umpsR",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "billing", "refusal": None},
            "finish_reason": "stop",
            "logprobs": {
                "content": [
                    {
                        "token": "billing",
                        "logprob": -0.1,
                        "bytes": [98],
                        "top_logprobs": [
                            {"token": "refund", "logprob": -2.5, "bytes": None},
                            {"token": "billing", "logprob": -0.1, "bytes": None},
                        ],
                    }
                ]
            },
        }
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
}

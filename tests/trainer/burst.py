"""Many clients at once, each with small requests of every kind; what is expected of each is known beforehand."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

import httpx

from tests.trainer.live import LiveTrainer

SECONDS = 120.0
ENVELOPE = {"message", "type", "param", "code"}
LINES = b'{"prompt": "x ->", "completion": " y"}\n' * 3


@dataclass(frozen=True)
class Ask:
    """A request and the only status that is right, with the code of its envelope; `limited` ones may also be 429."""

    method: str
    path: str
    status: int = 200
    code: str | None = None
    more: dict[str, Any] = field(default_factory=dict)
    key: str = "owner"


ASKS = (
    Ask("GET", "/models"),
    Ask("GET", "/models/ada"),
    Ask("POST", "/completions", more={"json": {"model": "ada", "prompt": "x", "max_tokens": 1}}),
    Ask("GET", "/fine-tunes"),
    Ask("GET", "/models", 401, None, key=""),
    Ask("GET", "/models", 401, "invalid_api_key", key="wrong"),
    Ask("GET", "/models/gpt-9", 404, "model_not_found"),
    Ask("GET", "/models/ada", key="limited"),
    Ask("POST", "/completions", 404, "model_not_found", more={"json": {"model": "gpt-9"}}),
    Ask("POST", "/completions", 400, None, more={"content": b"{"}),
    Ask("POST", "/completions", 400, "invalid_type", more={"json": {"model": "ada", "max_tokens": "1"}}),
    Ask("GET", "/fine_tuning/jobs?limit=1"),
    Ask("POST", "/files", more={"data": {"purpose": "fine-tune"}, "files": {"file": ("x.jsonl", LINES)}}),
    Ask("POST", "/fine_tuning/jobs", 400, "file_not_found", {"json": {"model": "babbage-002", "training_file": "file-x"}}),
    Ask("GET", "/fine-tunes/ft-x", 404, None),
    Ask("POST", "/completions", key="limited", more={"json": {"model": "ada", "prompt": "x", "max_tokens": 1}}),
    Ask("POST", "/embeddings", 404, "unknown_url"),
    Ask("PUT", "/models", 405, "method_not_supported"),
    Ask("DELETE", "/models/ada", 403, None, key="member"),
    Ask("GET", "/files?limit=2"),
)


@dataclass
class Outcome:
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """What was not as it should be, a line for each answer."""
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        middle, last = statistics.median(self.took), sorted(self.took)[int(len(self.took) * 0.99)]
        rate = len(self.took) / self.seconds
        return f"{len(self.took):,} answers, {rate:.0f}/s, median {middle:.2f} s, p99 {last:.2f} s, {dict(self.statuses)}"


def burst(trainer: LiveTrainer, *, requests: int, clients: int) -> Outcome:
    limited = trainer.manage("trainer_key", "create", "--organization", "limited")
    number = trainer.manage("trainer_key", "list").splitlines()[-1].split()[0]
    trainer.manage("trainer_key", "limit", number, "--requests", "5", "--tokens", "20")
    keys = {"owner": trainer.owner_key, "member": trainer.member_key, "wrong": "sk-wrong", "limited": limited}
    return asyncio.run(_burst(trainer.base_url, keys, requests, clients))


async def _burst(base_url: str, keys: dict[str, str], requests: int, clients: int) -> Outcome:
    outcome, asks = Outcome(), list(islice(cycle(ASKS), requests))
    await _loaded(base_url, keys["owner"])
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for place in range(clients):
            group.create_task(_client(base_url, keys, asks[place::clients], outcome))
    outcome.seconds = time.perf_counter() - begun
    return outcome


async def _loaded(base_url: str, key: str) -> None:
    """Ask until the model is in memory, as the trainer says: whoever comes earlier is told to come again."""
    async with httpx.AsyncClient(base_url=base_url, timeout=SECONDS, headers={"Authorization": f"Bearer {key}"}) as client:
        while (answer := await client.post("/completions", json={"model": "ada", "prompt": "x", "max_tokens": 1})).is_error:
            assert "still being loaded" in answer.text, answer.text
            await asyncio.sleep(float(answer.headers["retry-after"]))


async def _client(base_url: str, keys: dict[str, str], asks: list[Ask], outcome: Outcome) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=SECONDS) as client:
        for ask in asks:
            headers = {"Authorization": f"Bearer {keys[ask.key]}"} if ask.key else {}
            begun = time.perf_counter()
            answer = await client.request(ask.method, ask.path, headers=headers, **ask.more)
            outcome.took.append(time.perf_counter() - begun)
            outcome.statuses[answer.status_code] += 1
            if wrong := _wrong(ask, answer):
                outcome.wrong.append(f"{ask.method} {ask.path} as {ask.key}: {wrong} {answer.text[:200]}")


def _wrong(ask: Ask, answer: httpx.Response) -> str:
    """Say what is wrong with an answer; "" if it is right."""
    if not answer.headers.get("x-request-id"):
        return "no request id"
    body = answer.json()
    if answer.status_code == 429 and ask.key == "limited":
        right = body["error"]["code"] == "rate_limit_exceeded" and int(answer.headers["retry-after"]) >= 1
        return "" if right else "a 429 without its code or its wait"
    if answer.status_code != ask.status:
        return f"{answer.status_code} instead of {ask.status}"
    if ask.status != 200 and (set(body["error"]) != ENVELOPE or body["error"]["code"] != ask.code):
        return f"another envelope, or a code other than {ask.code}"
    return ""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.trainer.live import LiveTrainer, wait_until

pytestmark = pytest.mark.live


@pytest.fixture
def owner(live_trainer: LiveTrainer) -> httpx.Client:
    return httpx.Client(
        base_url=live_trainer.base_url, headers={"Authorization": f"Bearer {live_trainer.owner_key}"}, timeout=30
    )


def pairs(count: int) -> bytes:
    return b"".join(
        json.dumps({"prompt": f"number {place} is ->", "completion": [" even", " odd"][place % 2]}).encode() + b"\n"
        for place in range(count)
    )


def upload(client: httpx.Client, content: bytes) -> str:
    answer = client.post("/files", data={"purpose": "fine-tune"}, files={"file": ("/tmp/train.jsonl", content)})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def finished(client: httpx.Client, address: str) -> dict[str, Any]:
    wait_until(
        lambda: client.get(address).json()["status"] in ("succeeded", "failed", "cancelled"), what="the end of the job"
    )
    job: dict[str, Any] = client.get(address).json()
    return job


def test_a_legacy_fine_tune_goes_from_upload_to_an_answer(owner: httpx.Client) -> None:
    job = owner.post("/fine-tunes", json={"training_file": upload(owner, pairs(20)), "model": "ada"}).json()
    with owner.stream("GET", f"/fine-tunes/{job['id']}/events", params={"stream": "true"}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line.startswith("data:")]
    assert lines[-1] == "data: [DONE]"
    assert json.loads(lines[-2][5:])["message"] == "Fine-tune succeeded"
    done = finished(owner, f"/fine-tunes/{job['id']}")
    body = {"model": done["fine_tuned_model"], "prompt": "number 4 is ->", "max_tokens": 1, "temperature": 0}
    assert owner.post("/completions", json=body).json()["choices"][0]["text"] in (" even", " odd")

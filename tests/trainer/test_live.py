from __future__ import annotations

import json
import socket
import time
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


def answered(client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    """Ask again, as one is told to, while the model is still being loaded."""
    while (answer := client.post("/completions", json=body)).status_code == httpx.codes.TOO_MANY_REQUESTS:
        time.sleep(float(answer.headers["retry-after"]))
    said: dict[str, Any] = answer.json()
    return said


def test_a_legacy_fine_tune_goes_from_upload_to_an_answer(owner: httpx.Client) -> None:
    job = owner.post("/fine-tunes", json={"training_file": upload(owner, pairs(20)), "model": "ada"}).json()
    with owner.stream("GET", f"/fine-tunes/{job['id']}/events", params={"stream": "true"}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line.startswith("data:")]
    assert lines[-1] == "data: [DONE]"
    assert json.loads(lines[-2][5:])["message"] == "Fine-tune succeeded"
    done = finished(owner, f"/fine-tunes/{job['id']}")
    body = {"model": done["fine_tuned_model"], "prompt": "number 4 is ->", "max_tokens": 1, "temperature": 0}
    assert answered(owner, body)["choices"][0]["text"] in (" even", " odd")


def test_a_running_job_is_cancelled_between_two_steps(owner: httpx.Client) -> None:
    body = {"training_file": upload(owner, pairs(400)), "model": "davinci", "n_epochs": 200}
    address = f"/fine-tunes/{owner.post('/fine-tunes', json=body).json()['id']}"
    wait_until(lambda: owner.get(address).json()["status"] == "running", what="the start of the job")
    assert owner.post(f"{address}/cancel").json()["status"] == "cancelled"
    events = owner.get(address).json()["events"]
    follow_up = {"training_file": body["training_file"], "model": "ada", "n_epochs": 1}
    assert finished(owner, f"/fine-tunes/{owner.post('/fine-tunes', json=follow_up).json()['id']}")["status"] == "succeeded"
    assert owner.get(address).json()["events"] == events
    assert events[-1]["message"] == "Fine-tune cancelled"


def test_a_stream_arrives_piece_by_piece_and_holds_up_nobody(owner: httpx.Client) -> None:
    body = {"model": "davinci", "prompt": "x", "max_tokens": 2000, "stream": True, "logit_bias": {"50256": -100}}
    with owner.stream("POST", "/completions", json=body) as stream:
        lines = (line for line in stream.iter_lines() if line)
        first = next(lines)
        others = httpx.Client(base_url=owner.base_url, headers=owner.headers, timeout=30)
        assert others.get("/models").status_code == 200
        rest = list(lines)
    assert json.loads(first[5:])["choices"][0]["finish_reason"] is None
    assert len(rest) > 100
    assert rest[-1] == "data: [DONE]"


def test_the_connection_of_a_stream_of_events_is_closed_by_the_server(
    live_trainer: LiveTrainer, owner: httpx.Client
) -> None:
    job = owner.post("/fine-tunes", json={"training_file": upload(owner, pairs(10)), "model": "ada", "n_epochs": 1}).json()
    head = f"GET /v1/fine-tunes/{job['id']}/events?stream=true HTTP/1.1\r\nHost: trainer\r\n"
    with socket.create_connection(("127.0.0.1", live_trainer.port), timeout=60) as connection:
        connection.sendall(f"{head}Authorization: Bearer {live_trainer.owner_key}\r\n\r\n".encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"data: [DONE]" in received
    assert b"Fine-tune succeeded" in received

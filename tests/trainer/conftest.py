"""Callers of the trainer's API: an owner and a member of one organization, and somebody of another."""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django.fixtures import Settings

from trainer import examples, keys, render, tasks, tokens
from trainer.bases import BASES
from trainer.engines import engine
from trainer.models import Job, Model, Role
from trainer.shelf import shelf

JSON = dict[str, Any]


@pytest.fixture(autouse=True)
def own_addresses(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "patience", 60)
    settings.ROOT_URLCONF = "trainer.urls"
    settings.MIDDLEWARE = []
    settings.DATA = tmp_path


@dataclass
class Caller:
    """A client with a key; its verbs return the parsed answer and insist on its status."""

    client: Client
    key: str

    def get(self, address: str, status: int = 200, query: JSON | None = None, **more: Any) -> JSON:
        return self._read(self.client.get(f"/v1/{address}", {**(query or {}), **more}), status)

    def post(self, address: str, body: Any = None, status: int = 200, *, key: str | None = None) -> JSON:
        """Send a body of JSON, with `key` as its idempotency key."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._read(
            self.client.post(f"/v1/{address}", content, content_type="application/json", headers=headers), status
        )

    def delete(self, address: str, status: int = 200) -> JSON:
        return self._read(self.client.delete(f"/v1/{address}"), status)

    def refused(self, address: str, body: Any = None, status: int = 400) -> JSON:
        error: JSON = self.post(address, body, status)["error"]
        assert set(error) == {"message", "type", "param", "code"}
        return error

    def upload(
        self, lines: list[JSON] | bytes, status: int = 200, name: str = "train.jsonl", form: dict[str, str] | None = None
    ) -> JSON:
        content = lines if isinstance(lines, bytes) else b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        parts = {"purpose": "fine-tune", **(form or {}), "file": SimpleUploadedFile(name, content)}
        return self._read(self.client.post("/v1/files", parts), status)

    def content(self, file_id: str) -> bytes:
        return body_of(self.client.get(f"/v1/files/{file_id}/content"))

    def stream(self, address: str, body: Any = None) -> list[str]:
        """Return the payloads of a stream of events."""
        if body is None:
            response = self.client.get(f"/v1/{address}")
        else:
            response = self.client.post(f"/v1/{address}", json.dumps(body), content_type="application/json")
        assert response.status_code == 200, response.content
        assert response["Content-Type"] == "text/event-stream"
        return [line.removeprefix("data: ") for line in body_of(response).decode().split("\n\n") if line]

    def _read(self, response: HttpResponseBase, status: int) -> JSON:
        value: JSON = json.loads(body_of(response))
        assert response.status_code == status, value
        return value


def body_of(response: Any) -> bytes:
    return b"".join(response) if response.streaming else bytes(response.content)


def caller(role: Role, organization: str) -> Caller:
    key = keys.make(role, organization)
    return Caller(Client(headers={"Authorization": f"Bearer {key}"}, raise_request_exception=False), key)


@pytest.fixture
def owner(db: Any) -> Caller:
    return caller(Role.OWNER, "acme")


@pytest.fixture
def member(db: Any) -> Caller:
    return caller(Role.MEMBER, "acme")


@pytest.fixture
def outsider(db: Any) -> Caller:
    return caller(Role.OWNER, "elsewhere")


def pairs(count: int = 12) -> list[JSON]:
    return [{"prompt": f"number {place} is ->", "completion": [" even", " odd"][place % 2]} for place in range(count)]


def chats(count: int = 12) -> list[JSON]:
    def said(place: int) -> list[JSON]:
        answer = f"It is {['even', 'odd'][place % 2]}."
        return [{"role": "user", "content": f"What is {place}?"}, {"role": "assistant", "content": answer}]

    return [{"messages": said(place)} for place in range(count)]


def work(job_id: str) -> Job:
    """Do what the worker does with a new job, and return the job as it is then."""
    job = Job.objects.get(public_id=job_id)
    tasks.check(job.pk)
    tasks.train(job.pk)
    job.refresh_from_db()
    return job


def legacy(caller: Caller, lines: list[JSON] | None = None, /, **body: Any) -> JSON:
    """Create a legacy fine-tune on a few lines."""
    file = caller.upload(pairs() if lines is None else lines)
    return caller.post("fine-tunes", {"training_file": file["id"], "model": "ada", **body})


def current(caller: Caller, lines: list[JSON] | None = None, /, **body: Any) -> JSON:
    file = caller.upload(pairs() if lines is None else lines)
    return caller.post("fine_tuning/jobs", {"training_file": file["id"], "model": "babbage-002", **body})


@functools.cache
def taught(base_name: str, content: bytes) -> Path:
    """Return a folder with a network that has learned a training file well; each file is learned once for all tests."""
    base = BASES[base_name]
    rows = [row for row in examples.read(content.splitlines()) if not isinstance(row, examples.Preference)]
    learned = [example for lesson in render.lessons(rows, base, ()) for example in lesson.examples]
    network = engine().new(base.name, tokens.vocabulary(base.encoding), 0)
    for example in learned * 8:
        network.train([example], learning_rate_multiplier=0.1, prompt_loss_weight=0.01)
    folder = Path(tempfile.mkdtemp(prefix="tunedeck-taught-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    network.save(folder, resumable=False)
    return folder


def model(caller: Caller, base_name: str, lines: list[JSON]) -> str:
    """Give the caller's organization a model that has learned the lines; return its name."""
    key = keys.find(caller.key)
    assert key is not None
    names = {"name": f"{base_name}:taught", "parent_name": base_name, "base_name": base_name, "folder_name": "taught"}
    made = Model.objects.create(organization=key.organization, **names)
    shutil.copytree(taught(base_name, b"\n".join(json.dumps(line).encode() for line in lines)), made.path)
    return made.name

"""A provider in memory that speaks both generations of the API, with faults to order.

It is driven through the real client over `httpx.MockTransport`, so what is tested is what goes over the wire.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import orjson

from openai_api.client import Client

NOW = 1_760_000_000
Answer = httpx.Response


@dataclass
class Fault:
    """Breaks one matching request, before or after the provider has acted on it."""

    method: str
    path: str
    effect: Callable[[httpx.Request], Answer]
    after: bool = False
    times: int = 1


def lost(kind: type[httpx.TransportError]) -> Callable[[httpx.Request], Answer]:
    def effect(request: httpx.Request) -> Answer:
        raise kind("made for the test", request=request)

    return effect


def status(number: int, message: str = "made for the test", **error: Any) -> Callable[[httpx.Request], Answer]:
    body = {"error": {"message": message, "type": "server_error", "param": None, "code": None, **error}}
    return lambda request: httpx.Response(number, json=body)


class Crash(BaseException):
    """What kill -9 looks like from inside: nothing after it is executed, not even except clauses."""


def crash(request: httpx.Request) -> Answer:
    raise Crash


@dataclass
class Provider:
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    checkpoints: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    clock: int = NOW
    file_status: str = "processed"
    honours_keys: bool = False
    promises_to_honour_keys: bool = True  # by default a promise that it does not keep: nothing may rest on it
    keeps_metadata: bool = True

    def client(self, dialect: Any = "legacy") -> Client:
        transport = httpx.MockTransport(self)
        return Client("http://provider.test/v1", "sk-test", dialect, transport=transport, retries=0, sleep=lambda _s: None)

    def break_next(self, method: str, path: str, effect: Callable[[httpx.Request], Answer], **how: Any) -> None:
        self.faults.append(Fault(method, path, effect, **how))

    def sent(self, method: str, path: str) -> list[httpx.Request]:
        return [one for one in self.requests if one.method == method and re.fullmatch(path, _path(one))]

    def __call__(self, request: httpx.Request) -> Answer:
        request.read()
        self.requests.append(request)
        fault = self._fault(request)
        if fault and not fault.after:
            return fault.effect(request)
        answer = self._act(request)
        if self.promises_to_honour_keys:
            answer.headers["x-idempotency-key-hours"] = "24"
        return fault.effect(request) if fault else answer

    def _fault(self, request: httpx.Request) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == request.method and re.fullmatch(fault.path, _path(request)):
                fault.times -= 1
                return fault
        return None

    def _act(self, request: httpx.Request) -> Answer:
        path = _path(request)
        for method, pattern, verb in self._routes():
            if method == request.method and (found := re.fullmatch(pattern, path)):
                return verb(request, *found.groups())
        return _error(404, f"Nothing here: {path}")

    def _routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        job = r"/(?:fine-tunes|fine_tuning/jobs)/([^/]+)"
        return [
            ("POST", "/files", self._upload),
            ("GET", "/files", lambda _r: httpx.Response(200, json={"object": "list", "data": list(self.files.values())})),
            ("GET", "/files/([^/]+)", lambda _r, id: self._one(self.files, id)),
            ("GET", "/files/([^/]+)/content", self._content),
            ("DELETE", "/files/([^/]+)", self._delete_file),
            ("POST", "/(fine-tunes|fine_tuning/jobs)", self._create),
            ("GET", "/(fine-tunes|fine_tuning/jobs)", self._list),
            ("GET", job, lambda _r, id: self._one(self.jobs, id)),
            ("POST", job + "/cancel", self._cancel),
            ("GET", job + "/events", self._events),
            ("GET", job + "/checkpoints", self._checkpoints),
            ("GET", "/models", lambda _r: httpx.Response(200, json={"object": "list", "data": list(self.models.values())})),
            ("GET", "/models/(.+)", lambda _r, id: self._one(self.models, id)),
            ("DELETE", "/models/(.+)", self._delete_model),
        ]

    def _checkpoints(self, request: httpx.Request, id: str) -> Answer:
        return httpx.Response(200, json={"object": "list", "data": self.checkpoints.get(id, []), "has_more": False})

    def _upload(self, request: httpx.Request) -> Answer:
        found = re.search(rb'filename="([^"]+)"', request.content)
        assert found
        name, id = found[1].decode(), f"file-{len(self.sent('POST', '/files'))}"
        data = {"id": id, "object": "file", "bytes": 1, "created_at": self.clock, "filename": name, "purpose": "fine-tune"}
        self.files[id] = {**data, "status": self.file_status}
        return httpx.Response(200, json=self.files[id])

    def _content(self, request: httpx.Request, id: str) -> Answer:
        return httpx.Response(200, content=self.contents[id]) if id in self.contents else _error(404, "No such file")

    def _create(self, request: httpx.Request, kind: str) -> Answer:
        key = request.headers.get("Idempotency-Key", "")
        if self.honours_keys and key in self.keys:
            return httpx.Response(200, json=self.jobs[self.keys[key]])
        body = orjson.loads(request.content)
        job = self._new_job(kind == "fine-tunes", body)
        self.jobs[job["id"]] = job
        self.keys[key] = job["id"]
        self.events[job["id"]] = []
        self.log(job["id"], f"Created fine-tune: {job['id']}")
        return httpx.Response(200, json=job)

    def _new_job(self, legacy: bool, body: dict[str, Any]) -> dict[str, Any]:
        number = len(self.jobs) + 1
        common = {"model": body["model"], "created_at": self.clock, "fine_tuned_model": None, "result_files": []}
        if legacy:
            training = [{"id": body["training_file"], "object": "file"}]
            own = {"training_files": training, "hyperparams": {"n_epochs": 4}, "updated_at": self.clock}
            return {"id": f"ft-{number}", "object": "fine-tune", "status": "pending", **common, **own}
        own = {"training_file": body["training_file"], "hyperparameters": {"n_epochs": 3}, "error": None}
        metadata = body.get("metadata") if self.keeps_metadata else None
        return {
            "id": f"ftjob-{number}",
            "object": "fine_tuning.job",
            "status": "validating_files",
            "metadata": metadata,
            **common,
            **own,
        }

    def _list(self, request: httpx.Request, kind: str) -> Answer:
        legacy = kind == "fine-tunes"
        jobs = [job for job in self.jobs.values() if (job["object"] == "fine-tune") == legacy]
        if not legacy:
            jobs = self._page(request, jobs[::-1])
        return httpx.Response(200, json={"object": "list", "data": jobs, "has_more": False})

    def _page(self, request: httpx.Request, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        query = parse_qs(request.url.query.decode())
        for name, values in query.items():
            if self.keeps_metadata and (found := re.fullmatch(r"metadata\[(.+)\]", unquote(name))):
                jobs = [job for job in jobs if (job["metadata"] or {}).get(found[1]) == values[0]]
        return jobs

    def _cancel(self, request: httpx.Request, id: str) -> Answer:
        job = self.jobs[id]
        if job["status"] in ("succeeded", "failed", "cancelled"):
            return _error(400, "This job has already ended.")
        job["status"] = "cancelled"
        self.log(id, "Fine-tune cancelled")
        return httpx.Response(200, json=job)

    def _events(self, request: httpx.Request, id: str) -> Answer:
        events = self.events.get(id, [])
        if self.jobs[id]["object"] != "fine-tune":
            events = events[::-1]
        return httpx.Response(200, json={"object": "list", "data": events, "has_more": False})

    def _delete_file(self, request: httpx.Request, id: str) -> Answer:
        if self.files.pop(id, None) is None:
            return _error(404, f"No such thing: {id}")
        return httpx.Response(200, json={"id": id, "object": "file", "deleted": True})

    def _delete_model(self, request: httpx.Request, id: str) -> Answer:
        if self.models.pop(id, None) is None:
            return _error(404, f"The model '{id}' does not exist", code="model_not_found")
        return httpx.Response(200, json={"id": id, "object": "model", "deleted": True})

    def _one(self, things: dict[str, dict[str, Any]], id: str) -> Answer:
        return httpx.Response(200, json=things[id]) if id in things else _error(404, f"No such thing: {id}")

    # The life of a job, from the provider's side.

    def log(self, id: str, message: str, level: str = "info", data: dict[str, Any] | None = None) -> None:
        event: dict[str, Any] = {"created_at": self.clock, "level": level, "message": message}
        if self.jobs[id]["object"] == "fine-tune":
            self.events[id].append({"object": "fine-tune-event", **event})
        else:
            number = f"ftevent-{id}-{len(self.events[id]) + 1}"
            kind = "metrics" if data else "message"
            self.events[id].append({"object": "fine_tuning.job.event", "id": number, "type": kind, "data": data, **event})

    def start(self, id: str) -> None:
        self.jobs[id]["status"] = "running"
        self.log(id, "Fine-tune started")

    def succeed(self, id: str, csv: bytes | None = b"step,training_loss\n1,0.5\n2,0.25\n") -> str:
        job = self.jobs[id]
        name = f"{job['model']}:ft-example-2026-01-01"
        job |= {
            "status": "succeeded",
            "fine_tuned_model": name,
            "updated_at": self.clock + 60,
            "finished_at": self.clock + 60,
        }
        self.models[name] = {"id": name, "object": "model", "created": self.clock, "owned_by": "example"}
        if csv is not None:
            self.publish_results(id, csv)
        self.log(id, "Fine-tune succeeded")
        return name

    def publish_results(self, id: str, csv: bytes) -> None:
        file = f"file-results-{id}"
        legacy = self.jobs[id]["object"] == "fine-tune"
        self.jobs[id]["result_files"] = (
            [{"id": file, "object": "file", "filename": "compiled_results.csv"}] if legacy else [file]
        )
        self.contents[file] = csv


def _path(request: httpx.Request) -> str:
    return unquote(request.url.path).removeprefix("/v1")


def _error(number: int, message: str, **error: Any) -> Answer:
    return httpx.Response(
        number, json={"error": {"message": message, "type": "invalid_request_error", "param": None, **error}}
    )

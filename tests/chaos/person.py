"""A person who goes on clicking while processes die: whatever gets no answer is tried again, as people do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.product import wait_for

OWNER = ("owner@example.com", "correct horse battery staple")
ANSWER_SECONDS = 60.0


@dataclass
class Person:
    address: str
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.address, follow_redirects=True, timeout=30)

    def sign_in(self, email: str, password: str) -> None:
        self.get("/accounts/login/")
        self.post("/accounts/login/", {"login": email, "password": password})

    def get(self, path: str) -> httpx.Response:
        return self._until_answered("GET", path)

    def post(self, path: str, data: dict[str, Any], file: tuple[str, bytes] | None = None) -> httpx.Response:
        headers = {"X-CSRFToken": self.http.cookies.get("csrftoken", ""), "Referer": self.address}
        return self._until_answered("POST", path, data=data, files={"file": file} if file else None, headers=headers)

    def upload(self, name: str, content: bytes) -> int:
        page = self.post("/datasets/upload/", {"name": name}, (f"{name}.csv", content))
        return int(page.url.path.split("/")[2])

    def accept_all(self, dataset: int) -> None:
        self.post(f"/datasets/{dataset}/accept/", {})

    def make_version(self, dataset: int, seed: int = 42) -> None:
        self.post(f"/datasets/{dataset}/versions/make/", {"share": 20, "at_most": 1000, "seed": seed})

    def form(self, version: int, connection: int, base: str, *, epochs: int = 8) -> dict[str, Any]:
        """Open the form of a new fine-tune; its token makes sending it twice one fine-tune."""
        page = self.get(f"/finetunes/new/?version={version}&base_model={base}").text
        token = re.search(r'name="token" value="([^"]+)"', page)
        assert token is not None, page
        chosen = {"version": version, "connection": connection, "base_model": base, "use_validation": "on"}
        return {"token": token[1], **chosen, "n_epochs": epochs, "batch_size": 1}

    def start(self, form: dict[str, Any]) -> int:
        """Start it, and say yes when asked whether a second one of the same kind is meant."""
        page = self.post("/finetunes/new/", form)
        while question := re.search(r'name="known_twin" value="(\d+)"', page.text):
            page = self.post("/finetunes/new/", {**form, "known_twin": question[1]})
        assert re.search(r"/finetunes/\d+/$", page.url.path), page.text
        return int(page.url.path.split("/")[2])

    def insist(self, form: dict[str, Any]) -> int:
        """Start it although the provider often does not say which models it has: try until it goes through."""
        return wait_for(lambda: self._try(form), "a start", ANSWER_SECONDS) or 0

    def _try(self, form: dict[str, Any]) -> int | None:
        try:
            return self.start(form)
        except AssertionError:
            return None

    def cancel(self, fine_tune: int) -> None:
        self.post(f"/finetunes/{fine_tune}/cancel/", {})

    def _until_answered(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = wait_for(lambda: self._answer(method, path, **options), f"{method} {path}", ANSWER_SECONDS)
        assert answer is not None
        return answer

    def _answer(self, method: str, path: str, **options: Any) -> httpx.Response | None:
        try:
            answer = self.http.request(method, path, **options)
        except httpx.TransportError:
            return None
        assert answer.status_code < 500, answer.text
        return answer

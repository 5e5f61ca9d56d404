"""Ask the product as somebody: with a fresh browser each time, and undoing what that did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from teams.models import User
from tests.conftest import signed_in
from tests.security.seed import Planted


@contextmanager
def undone(files: Mapping[Path, bytes]) -> Iterator[None]:
    """Take back whatever is done inside, to rows and to files."""
    cache.clear()
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)
        for path, content in files.items():
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


class Visitor:
    """Somebody who asks each question with a fresh browser that is signed in."""

    def __init__(self, user: User | None) -> None:
        self.session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value if user else None

    def client(self, *, enforce_csrf_checks: bool = False) -> Client:
        client = Client(raise_request_exception=False, enforce_csrf_checks=enforce_csrf_checks)
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        return client

    def ask(self, method: str, address: str, *, enforce_csrf_checks: bool = False, **options: Any) -> Any:
        return self.client(enforce_csrf_checks=enforce_csrf_checks).generic(method, address, **options)


def visitors(planted: Planted) -> dict[str, Visitor]:
    people = planted.people
    given = {"viewer": people.viewer, "member": people.member, "owner": people.owner, "outsider": people.outsider}
    return {"anonymous": Visitor(None), **{name: Visitor(user) for name, user in given.items()}}


def sent_to_sign_in(response: Any) -> bool:
    return bool(response.status_code == 302 and response.headers["Location"].startswith(reverse("account_login")))


def body_of(answer: Any) -> str:
    if not answer.streaming:
        return str(answer.content, errors="replace")
    return "" if answer.is_async else b"".join(answer).decode(errors="replace")

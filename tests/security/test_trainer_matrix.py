"""Every address of the trainer's API × every method × everybody who may hold a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.security.asking import undone
from tests.trainer.conftest import Caller, caller, current, legacy
from trainer.models import Model, Organization, Permission, Role

pytestmark = pytest.mark.xdist_group("matrix")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NOBODY, MEMBER, OWNER = range(3)
RANKS = {"without": NOBODY, "wrong": NOBODY, "member": MEMBER, "owner": OWNER, "outsider": OWNER}

Line = dict[str, int]
JOB, ANY, MODEL = {"GET": MEMBER, "DELETE": MEMBER}, {"GET": MEMBER, "POST": MEMBER}, {"GET": MEMBER, "DELETE": OWNER}
READ, DO = {"GET": MEMBER}, {"POST": MEMBER}
ADDRESSES: dict[str, tuple[Line, tuple[str, ...]]] = {
    "openapi": ({"GET": NOBODY}, ()),
    "files": (ANY, ()),
    "file": (JOB, ("file",)),
    "file-content": (READ, ("file",)),
    "uploads": (DO, ()),
    "upload-parts": (DO, ("upload",)),
    "upload-complete": (DO, ("upload",)),
    "upload-cancel": (DO, ("upload",)),
    "fine-tunes": (ANY, ()),
    "fine-tune": (JOB, ("legacy",)),
    "fine-tune-cancel": (DO, ("legacy",)),
    "fine-tune-events": (READ, ("legacy",)),
    "jobs": (ANY, ()),
    "job": (JOB, ("job",)),
    "job-cancel": (DO, ("job",)),
    "job-pause": (DO, ("job",)),
    "job-resume": (DO, ("job",)),
    "job-events": (READ, ("job",)),
    "job-checkpoints": (READ, ("job",)),
    "permissions": ({"GET": OWNER, "POST": OWNER}, ("model",)),
    "permission": ({"DELETE": OWNER}, ("model", "permission")),
    "models": (READ, ()),
    "model": (MODEL, ("model",)),
    "engine-completions": (DO, ("model",)),
    "completions": (DO, ()),
    "chat-completions": (DO, ()),
}
ANSWERED = {200, 400, 404, 409}
"""What a request with an empty body may be answered with by somebody who may ask."""


@dataclass
class Planted:
    callers: dict[str, Client]
    names: dict[str, str]
    files: Mapping[Path, bytes]


@pytest.fixture(scope="module")
def api(db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    data = tmp_path_factory.mktemp("trainer")
    with override_settings(ROOT_URLCONF="trainer.urls", MIDDLEWARE=[], DATA=data):
        owner, member, outsider = caller(Role.OWNER, "acme"), caller(Role.MEMBER, "acme"), caller(Role.OWNER, "elsewhere")
        callers = {"member": member.client, "owner": owner.client, "outsider": outsider.client}
        strangers = {"without": Client(), "wrong": Client(headers={"Authorization": f"Bearer {owner.key}x"})}
        names = things(owner)
        files = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
        yield Planted(callers | strangers, names, files)


def things(owner: Caller) -> dict[str, str]:
    """Make one of everything; return what it is called, by what it is."""
    old, new = legacy(owner), current(owner)
    upload = {"filename": "a.jsonl", "purpose": "fine-tune", "bytes": 3, "mime_type": "text/jsonl"}
    names = {"name": "ada:ft-acme", "parent_name": "ada", "base_name": "ada", "folder_name": "x"}
    model = Model.objects.create(organization=Organization.objects.get(slug="acme"), **names)
    third = Organization.objects.create(slug="third")
    return {
        "file": old["training_files"][0]["id"],
        "legacy": old["id"],
        "job": new["id"],
        "upload": owner.post("uploads", upload)["id"],
        "model": model.name,
        "permission": Permission.objects.create(model=model, organization=third).public_id,
    }


def served() -> set[str]:
    v1, _rest = get_resolver("trainer.urls").url_patterns
    assert isinstance(v1, URLResolver)
    return {str(pattern.name) for pattern in v1.url_patterns if isinstance(pattern, URLPattern) and pattern.name}


def test_every_address_of_the_api_has_a_line() -> None:
    assert served() == set(ADDRESSES)


@pytest.mark.parametrize("who", RANKS)
def test_no_key_opens_more_than_its_role(api: Planted, who: str) -> None:
    wrong = []
    for name, (line, args) in ADDRESSES.items():
        for method in METHODS:
            address = reverse(name, args=[api.names[one] for one in args])
            with undone(api.files):
                answer = api.callers[who].generic(method, address, b"{}", content_type="application/json")
            if (said := judge(line, args, method, who, answer)) is not None:
                wrong.append(f"{name} {method} by {who}: {answer.status_code}, {said}")
    assert not wrong, "\n".join(wrong)


def judge(line: Line, args: tuple[str, ...], method: str, who: str, answer: Any) -> str | None:
    """Say what is wrong with an answer; None if nothing is."""
    is_public = NOBODY in line.values()
    if RANKS[who] == NOBODY and not is_public:
        return None if answer.status_code == 401 else "needs a key"
    if method not in line:
        return None if answer.status_code == 405 else "has no such method"
    if RANKS[who] < line[method]:
        return None if answer.status_code == 403 else "is for owners"
    if who == "outsider" and args:
        return None if answer.status_code == 404 else "should not exist"
    expected = {"POST": ANSWERED, "DELETE": ANSWERED | {405}}.get(method, {200})  # 405: as the original says of jobs
    return None if answer.status_code in expected else f"should be one of {sorted(expected)}"


@pytest.mark.parametrize("secret", ["", " ", "\0", "x" * 100_000, "Bearer", "sk-é"])
def test_what_is_no_key_opens_nothing(api: Planted, secret: str) -> None:
    with undone(api.files):
        assert Client().get("/v1/files", headers={"Authorization": f"Bearer {secret}"}).status_code == 401

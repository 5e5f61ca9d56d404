"""Every address × every method × everybody: who may, who may not, and whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.security.addresses import ADDRESSES, MEMBER, OWNER, PUBLIC, VIEWER, Line
from tests.security.asking import Visitor, body_of, sent_to_sign_in, undone
from tests.security.pages import address, named
from tests.security.seed import MARK, Planted

pytestmark = pytest.mark.xdist_group("matrix")

SAFE, UNSAFE = ("GET", "HEAD"), ("POST", "PUT", "PATCH", "DELETE")
METHODS = (*SAFE, *UNSAFE, "OPTIONS")
RANKS = {"anonymous": PUBLIC, "viewer": VIEWER, "member": MEMBER, "owner": OWNER, "outsider": OWNER}
CHANGED = {200, 204, 302, 400, 409, 422, 429}
"""What may be said to somebody who may, of a form with next to nothing in it."""
FORM = "application/x-www-form-urlencoded"


def names(patterns: Iterable[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    """Yield the name of every address of the product."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield f"{space}{pattern.name}"


def test_every_address_has_a_line_and_every_line_an_address() -> None:
    found = set(names(get_resolver("config.urls").url_patterns))
    assert found - set(ADDRESSES) == set(), "give these a line in tests/security/addresses.py"
    assert set(ADDRESSES) - found == set(), "these are no addresses any more"


def asked(visitor: Visitor, method: str, name: str, planted: Planted, **options: Any) -> Any:
    """Ask with what the line names, in the address or in the body."""
    things = named(name, planted)
    if method in SAFE:
        return visitor.ask(method, f"{address(name, planted)}?{things}", **options)
    return visitor.ask(method, address(name, planted), data=things, content_type=FORM, **options)


@pytest.mark.parametrize("role", RANKS)
def test_nobody_gets_another_answer_than_their_role_has(planted: Planted, everybody: dict[str, Visitor], role: str) -> None:
    wrong = []
    for method in METHODS:
        for name, line in ADDRESSES.items():
            with undone(planted.files):
                answer = asked(everybody[role], method, name, planted)
                if (said := judge(line, method, role, answer)) is not None:
                    wrong.append(f"{name} {method} by {role}: {answer.status_code}, {said}")
    assert not wrong, "\n".join(wrong)


def judge(line: Line, method: str, role: str, answer: Any) -> str | None:
    """Say what is wrong with an answer; None if nothing is."""
    least = needed(line, method)
    if answer.status_code >= 500 and answer.status_code not in line.answers:
        return f"failed: {answer.exc_info[1] if answer.exc_info else ''}"
    if least is None:
        return None if answer.status_code == 405 else "has no such method"
    if RANKS[role] < least:
        refused = sent_to_sign_in(answer) if role == "anonymous" else answer.status_code == 403
        return None if refused else "should be refused"
    if line.others:
        return None if answer.status_code in {405, *line.answers} else "should be open"
    if line.names_something and (role == "outsider" or (line.personal and role != "owner")):
        return None if answer.status_code == 404 else "should not exist"
    expected = line.answers if method in SAFE else CHANGED
    return None if answer.status_code in expected else f"should be one of {sorted(expected)}"


def needed(line: Line, method: str) -> int | None:
    """Return the least that somebody must be to use this method; None if there is no such method."""
    if line.others:
        return line.reads
    if method in SAFE:
        return line.reads if method == "GET" or line.head else None
    return line.writes if method == "POST" else None


def test_nothing_is_changed_without_the_page_s_own_token(planted: Planted, everybody: dict[str, Visitor]) -> None:
    wrong = []
    for name in ADDRESSES:
        for method in UNSAFE:
            for role in ("anonymous", "owner"):
                with undone(planted.files):
                    answer = asked(everybody[role], method, name, planted, enforce_csrf_checks=True)
                    if answer.status_code != 403 or b"CSRF" not in answer.reason_phrase.encode() + answer.content:
                        wrong.append(f"{name} {method} by {role}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


FIELDS = ("model", "version", "run", "dataset", "connection", "old", "with_base", "fine_tune", "preset", "asked", "example")
"""Names under which pages take the number of something from the address."""

SECRETS = {"teams:invitation", "teams:sign_in_link"}
"""Addresses that whoever holds them may read, as they are secret."""


def test_no_page_shows_what_belongs_to_another_organization(planted: Planted, everybody: dict[str, Visitor]) -> None:
    """Not even when the address asks for it by its number."""
    wanted = "&".join(f"{name}={planted.pk.get(name, planted.pk['model'])}" for name in FIELDS)
    shown = []
    for name, line in ADDRESSES.items():
        if line.reads is not None and (not line.args or line.shared) and name not in SECRETS:
            for query in ("", wanted, f"{wanted}&run={planted.pk['fine_tune']}&version={planted.pk['version']}"):
                with undone(planted.files):
                    answer = everybody["outsider"].ask("GET", f"{address(name, planted)}?{query}")
                    if MARK.strip() in body_of(answer):
                        shown.append(f"{name}?{query}")
    assert shown == []

"""Nothing that changes, costs or reveals goes by unrecorded: every address has its line, every action its sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import unwrap
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from config.urls import urlpatterns  # noqa: F401  the product's addresses, whatever a test has put in their place
from playground.keep import history  # noqa: F401
from teams import audit
from teams.models import AuditEntry
from tests.conftest import People
from tests.security.addresses import ADDRESSES
from tests.teams.audit.recorded import NO_SECRET, NOTHING, REVEALS, WRITES
from tests.teams.audit.sources import actions, constants


def names(patterns: Sequence[Any], space: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            inner = getattr(pattern, "app_name", None)
            yield from names(pattern.url_patterns, f"{space}{inner}:" if inner else space)
        else:
            yield f"{space}{pattern.name}", pattern.callback


def everything() -> dict[str, Any]:
    return dict(names(get_resolver("config.urls").url_patterns))


def takes_posts(name: str, view: Any) -> bool:
    """Say whether the table of who may what gives the address a POST; one that is not there yet counts as one."""
    line = ADDRESSES.get(name)
    return line is None or line.writes is not None


def test_every_address_that_takes_a_post_says_what_it_writes() -> None:
    posted = {name for name, view in everything().items() if takes_posts(name, view)}
    assert posted - set(WRITES) - set(NOTHING) == set(), "give each a line in recorded.py"


def test_no_line_is_left_of_an_address_that_is_gone() -> None:
    lines = [*WRITES, *NOTHING, *REVEALS, *NO_SECRET]
    assert set(lines) - set(everything()) == set()
    assert not set(WRITES) & set(NOTHING)
    assert all(len(reason) > 10 for reason in NOTHING.values())


def test_every_action_of_a_line_is_in_the_source() -> None:
    promised = set().union(*WRITES.values(), REVEALS.values())
    made_of_parts = {"dataset.finding_accepted", "dataset.finding_declined"}
    assert promised - made_of_parts - constants() == set()


def test_every_view_that_sends_a_file_is_in_a_line() -> None:
    """A view sends a file if it, or what it calls in its own module, speaks of an attachment or a download."""
    sends = {name for name, view in everything().items() if _sends(unwrap(view))}
    assert sends - set(REVEALS) - set(NO_SECRET) == set(), "give each a line in recorded.py"


def _sends(view: Any) -> bool:
    used = set(getattr(getattr(view, "__code__", None), "co_names", ()))
    module = getattr(view, "__globals__", {})
    deeper = {name for one in used if (code := getattr(module.get(one), "__code__", None)) for name in code.co_names}
    texts = " ".join(str(one) for one in getattr(getattr(view, "__code__", None), "co_consts", ()))
    return (
        bool({"attachment", "download", "_csv", "StreamingHttpResponse"} & (used | deeper)) and "event-stream" not in texts
    )


def test_actions_that_calls_take_from_elsewhere_are_known() -> None:
    _found, elsewhere = actions()
    assert elsewhere <= KNOWN, "give the action as a text where it is written, or add its sentence and this line"


KNOWN = {
    "datasets/views/checks.py: f'dataset.finding_{choice}'",
    "finetunes/approval.py: action",
    "finetunes/views/decide.py: action",
    "teams/audit/remove.py: REMOVED",
    "teams/audit/remove.py: TRIMMED",
    "teams/audit/write.py: action",
    "teams/changes.py: action",
}


@pytest.mark.django_db
class TestDownloads:
    def test_who_only_asks_for_the_head_takes_nothing(self, people: People, owner_client: Client) -> None:
        request: Any = type("Request", (), {"method": "HEAD"})()
        audit.revealed(request, "dataset.downloaded")
        assert not AuditEntry.objects.exists()

"""Which tests run again on PostgreSQL, and in what order workers take them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.order import group, stored, weight
from tests.tables import tables


def test_what_computes_is_not_asked_again(request: pytest.FixtureRequest) -> None:
    assert not stored(request.node)


def test_what_keeps_rows_is(request: pytest.FixtureRequest, db: Any) -> None:
    assert stored(request.node)


@pytest.mark.django_db(transaction=True)
def test_what_commits_rows_is_too(request: pytest.FixtureRequest) -> None:
    assert stored(request.node)


@pytest.mark.live
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("example")
def test_what_drives_processes_goes_first_by_its_patience(request: pytest.FixtureRequest) -> None:
    assert not stored(request.node)
    assert group(request.node) == "example"
    assert weight(request.node, 1) < (-300, 0)


def test_a_module_stays_together(request: pytest.FixtureRequest) -> None:
    assert group(request.node) == "tests/test_order.py"
    assert weight(request.node, 3) < weight(request.node, 4)


def test_the_empty_tables_are_made_once() -> None:
    made = tables().stat()
    assert (tables().stat().st_ino, tables().stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)

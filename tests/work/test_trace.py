from __future__ import annotations

from contextvars import copy_context

import pytest

from work import trace


@pytest.fixture(autouse=True)
def nothing_is_known() -> None:
    trace.begin({})


@pytest.mark.parametrize("text", ["req_0123456789abcdef", "a1b2c3d4", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "x" * 64])
def test_an_id_of_letters_digits_and_dashes_is_well_formed(text: str) -> None:
    assert trace.well_formed(text) == text


@pytest.mark.parametrize(
    "text",
    [None, "", "short", "x" * 65, "with space", "line\nbreak", "<script>", "-begins-with-dash", "ünïcödé-id", "a1b2c3d4\n"],
)
def test_anything_else_is_none(text: str | None) -> None:
    assert trace.well_formed(text) == ""


def test_an_id_that_is_made_is_well_formed_and_new() -> None:
    first, second = trace.new_id(), trace.new_id()
    assert trace.well_formed(first) == first
    assert first != second


def test_what_is_bound_is_added_and_a_new_beginning_forgets_it() -> None:
    trace.begin({"request_id": "req_one"})
    trace.bind(person=3)
    assert trace.about() == {"request_id": "req_one", "person": 3}
    trace.begin({"request_id": "req_two"})
    assert trace.about() == {"request_id": "req_two"}


def test_what_is_bound_elsewhere_is_not_seen_here() -> None:
    trace.begin({"request_id": "req_one"})
    copy_context().run(trace.bind, person=3)
    assert trace.about() == {"request_id": "req_one"}


def test_a_failure_is_named_with_the_id_of_what_was_being_done() -> None:
    assert trace.named(ValueError("a text that nobody needs to see")) == "ValueError"
    trace.begin({"request_id": "req_one"})
    assert trace.named(ValueError("a text that nobody needs to see")) == "ValueError, req_one"

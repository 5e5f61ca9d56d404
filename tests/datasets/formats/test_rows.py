from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.formats import BadRow, Row, Unreadable
from datasets.formats.rows import MAX_CELL, excerpt, named_columns, numbered_columns, shown, table_row, unfit

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=50)


@given(ANYTHING)
def test_an_excerpt_can_be_stored_anywhere(text: str) -> None:
    short = excerpt(text)
    assert "\x00" not in short
    assert short.encode().decode() == short


@given(st.lists(ANYTHING, max_size=20))
def test_columns_get_names_that_differ_and_can_be_stored(header: list[str]) -> None:
    names = named_columns(header)
    assert len(set(names)) == len(names) == len(header)
    assert all(name.strip() == name and name for name in names)
    json.dumps(names).encode()


def test_a_name_that_is_taken_by_another_s_number_gets_the_next_one() -> None:
    assert named_columns(["a", "a", "a (2)", "a"]) == ["a", "a (2)", "a (2) (2)", "a (3)"]


def test_columns_without_a_header_are_numbered() -> None:
    assert numbered_columns(3) == ["Column 1", "Column 2", "Column 3"]


def test_a_thousand_columns_are_enough() -> None:
    assert len(numbered_columns(1000)) == 1000
    with pytest.raises(Unreadable):
        numbered_columns(1001)


@pytest.mark.parametrize(
    ("text", "fits"),
    [("", True), ("a", True), ("日本", True), ("😀", True), ("\x00", False), ("\udc80", False), ("a" * MAX_CELL, True)],
)
def test_what_can_be_part_of_an_example(text: str, fits: bool) -> None:
    assert (unfit(text) is None) is fits


def test_one_character_too_many_is_too_many() -> None:
    assert unfit("a" * (MAX_CELL + 1)) is not None


@pytest.mark.parametrize(
    ("cells", "result"),
    [
        (["a", "b"], {"x": "a", "y": "b"}),
        (["a", "b", "", ""], {"x": "a", "y": "b"}),
        (["a"], None),
        ([], None),
        (["a", "b", "c"], None),
        (["a", "b\x00"], None),
    ],
)
def test_a_record_is_a_row_or_a_bad_row(cells: list[str], result: dict[str, str] | None) -> None:
    row = table_row(5, cells, ["x", "y"])
    assert row.line == 5
    assert isinstance(row, Row if result else BadRow)
    if isinstance(row, Row):
        assert row.values == result


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("x", "x"),
        (3, "3"),
        ([1, "a"], '[1,"a"]'),
        ({"a": None}, '{"a":null}'),
        (["\ud800"], "…"),
        (True, "true"),
    ],
)
def test_any_value_is_shown_as_text(value: Any, text: str) -> None:
    assert shown(value) == text


def test_a_value_nested_beyond_measure_is_shown_as_dots() -> None:
    value: Any = []
    for _level in range(5000):
        value = [value]
    assert shown(value) == "…"

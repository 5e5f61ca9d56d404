from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import by_hand
from datasets.by_hand import EDITED, EXCLUDED, PLACES, applied, keyed, name_of, named

ROWS: list[tuple[int, dict[str, Any]]] = [(line, {"prompt": str(at)}) for at, line in enumerate([2, 3, 3, 3, 7])]


def excluded(*keys: int) -> dict[str, Any]:
    found = np.array(keys, np.uint64)
    first = name_of(int(found.min()))
    return {"code": EXCLUDED, "params": {"count": len(keys), "first": first, "keys": by_hand.packed(found)}}


def edited(key: int, example: dict[str, Any]) -> dict[str, Any]:
    return {"code": EDITED, "params": {"key": key, "example": example}}


def test_rows_of_one_line_have_names_of_their_own() -> None:
    keys = [key for key, _example in keyed(ROWS)]
    assert [name_of(key) for key in keys] == ["2", "3", "3.2", "3.3", "7"]
    assert [named(name_of(key)) for key in keys] == keys
    assert [by_hand.line_of(key) for key in keys] == [2, 3, 3, 3, 7]


@pytest.mark.parametrize("name", ["", "x", "-1", "3.0", "3.x", "1e3", "٣", "9" * 30, "3.9999999999", ".2", "3.2.2"])
def test_what_names_no_row_has_no_key(name: str) -> None:
    assert named(name) is None


def test_without_changes_all_rows_are_there_as_they_were() -> None:
    assert list(applied([], ROWS)) == list(keyed(ROWS))


def test_excluded_rows_are_gone_and_edited_ones_are_others() -> None:
    steps = [excluded(2 << PLACES, 3 << PLACES | 1), edited(7 << PLACES, {"prompt": "new"})]
    assert [(name_of(key), row["prompt"]) for key, row in applied(steps, ROWS)] == [("3", "1"), ("3.3", "3"), ("7", "new")]


def test_a_row_that_was_edited_and_excluded_is_gone_whatever_came_first() -> None:
    steps = [excluded(7 << PLACES), edited(7 << PLACES, {"prompt": "new"})]
    for some in (steps, steps[::-1]):
        assert [name_of(key) for key, _row in applied(some, ROWS)] == ["2", "3", "3.2", "3.3"]


def test_the_rows_themselves_stay_as_they_are() -> None:
    before = [(line, dict(row)) for line, row in ROWS]
    list(applied([edited(2 << PLACES, {"prompt": "new"})], ROWS))
    assert before == ROWS


@given(st.sets(st.integers(0, 2**50), max_size=60))
def test_keys_come_out_as_they_were_packed(keys: set[int]) -> None:
    assert by_hand.unpacked(by_hand.packed(np.array(list(keys), np.uint64))).tolist() == sorted(keys)


def test_a_million_keys_are_a_short_text() -> None:
    every_second = np.arange(2, 1_000_002, 2, dtype=np.uint64) << np.uint64(PLACES)
    assert len(by_hand.packed(every_second)) < 20_000


def test_each_change_is_said_in_words() -> None:
    said = [str(by_hand.said(step)) for step in (edited(3 << PLACES | 1, {}), excluded(3 << PLACES), excluded(1, 2, 3))]
    assert said == ["Row 3.2 was edited by hand.", "Row 3 was excluded by hand.", "3 rows were excluded by hand."]

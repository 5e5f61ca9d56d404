from __future__ import annotations

import json

import pytest

from datasets.formats import json_
from tests.datasets.made import everything, taken

ROWS = [{"prompt": f"p{number}", "completion": "c"} for number in range(5)]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read(indent: int | None) -> None:
    assert taken(json.dumps(ROWS, indent=indent).encode(), "x.json") == (ROWS, [])


def test_an_object_that_holds_an_array_is_read() -> None:
    content = json.dumps({"made": {"by": "us"}, "count": 5, "rows": ROWS, "note": "x"}).encode()
    assert taken(content, "x.json") == (ROWS, [])


def test_a_single_example_is_one_row_and_not_a_wrapper() -> None:
    example = {"messages": [{"role": "user", "content": "hello"}]}
    assert taken(json.dumps(example, indent=1).encode(), "x.json") == ([example], [])


def test_objects_one_after_another_are_read() -> None:
    content = "\n".join(json.dumps(row, indent=2) for row in ROWS).encode()
    assert taken(content, "x.json") == (ROWS, [])


def test_a_row_is_named_by_the_line_it_begins_on() -> None:
    assert [row.line for row in everything(b'[\n {"prompt": "a"},\n\n {"prompt":\n "b"}\n]', "x.json")] == [2, 4]


def test_an_item_that_is_no_object_is_a_bad_row() -> None:
    rows, bad = taken(b'[{"prompt": "a"},\n "text",\n 7, {"prompt": "b"}]', "x.json")
    assert len(rows) == 2
    assert bad == [
        (2, "The line holds a text, not an object in curly brackets."),
        (3, "The line holds a number, not an object in curly brackets."),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'[{"prompt": "a"}, {"prompt": ]', "This is no valid JSON: Expecting value"),
        (b'[{"prompt": "a"}', "its closing bracket is missing"),
        (b'{"rows": [{"prompt": "a"}]', "its closing bracket is missing"),
        (b'[{"prompt": "a"}, NaN]', "NaN is no JSON number"),
    ],
)
def test_broken_json_keeps_what_came_before_and_names_the_reason(content: bytes, reason: str) -> None:
    rows, bad = taken(content, "x.json")
    assert rows == [{"prompt": "a"}]
    assert reason in bad[0][1]


def test_an_item_larger_than_a_block_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_, "BLOCK", 64)
    rows = [{"prompt": "x\n" * 500, "completion": str(number)} for number in range(3)]
    assert taken(json.dumps(rows, indent=1).encode(), "x.json") == (rows, [])


@pytest.mark.parametrize("block", [1, 2, 3, 7, 50])
def test_it_does_not_matter_where_blocks_end(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(json_, "BLOCK", block)
    content = json.dumps({"a": 12345, "rows": [*ROWS, {"prompt": 'quote " and [ and {'}]}, indent=1).encode()
    assert taken(content, "x.json")[0] == [*ROWS, {"prompt": 'quote " and [ and {'}]


def test_nesting_without_end_is_refused_in_a_sentence() -> None:
    _rows, bad = taken(b"[" + b"[" * 100_000, "x.json")
    assert len(bad) == 1


def test_an_item_beyond_the_limit_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_, "MAX_ITEM", 1000)
    monkeypatch.setattr(json_, "BLOCK", 100)
    _rows, bad = taken(b'[{"prompt": "' + b"a\n" * 5000, "x.json")
    assert "This is no valid JSON" in bad[0][1]

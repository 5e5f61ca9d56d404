from __future__ import annotations

import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert bad[0] == (1, "The item is nested too deeply.")
    assert "its closing bracket is missing" in bad[1][1]


def test_an_item_beyond_the_limit_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_, "MAX_ITEM", 1000)
    monkeypatch.setattr(json_, "BLOCK", 100)
    _rows, bad = taken(b'[{"prompt": "' + b"a\n" * 5000, "x.json")
    assert "This is no valid JSON" in bad[0][1]


GOOD = ['{"prompt": "a, {b", "completion": "c"}', '{"prompt": "]}", "completion": "\\"d\\\\"}']
BROKEN = [
    '{"prompt": "x" "completion": "y"}',  # a comma is missing
    '{"prompt": "x", "completion": "y",}',  # one too many
    "{'prompt': 'x', 'completion': 'y'}",
    '{prompt: "x"}',
    '{"prompt": NaN}',
    '{"prompt": "two\nlines, and {more}", "completion": "y"}',  # a line break that is not escaped
    '{"prompt": "x, "completion": "y"}',  # a quotation mark is missing
    '{"prompt": "x", "completion": "y}',
    '{"prompt": "x", "completion": ["y"}',
    '{"prompt": {"x": 1, "completion": "y"}',
    '{"prompt": "x", "completion": "y"',
    '{"prompt": "x"}}',
    '{"prompt": "a \\q b"}',
    '{"messages": [{"role": "user", "content": "x"}, {"role": "user" "content": "y"}, {"role": "user"}]}',
    '{"prompt": }',
    "nothing",
    "}",
]


def rows_of(*items: str) -> list[dict[str, str]]:
    return [json.loads(item) for item in items]


@pytest.mark.parametrize("indent", [False, True])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_item_is_a_bad_row_and_reading_goes_on_with_the_next(broken: str, indent: bool) -> None:
    around = ",\n" if indent else ", "
    rows, bad = taken(("[" + around.join([GOOD[0], broken, *GOOD]) + "]").encode(), "x.json")
    assert [row for row in rows if row != {"prompt": "x"}] == rows_of(GOOD[0], *GOOD)
    assert [line for line, _reason in bad] == [2 if indent else 1]


@pytest.mark.parametrize("broken", BROKEN[:6])
def test_each_of_many_broken_items_is_listed_with_its_line(broken: str) -> None:
    items = [GOOD[0], broken, broken, GOOD[1], broken]
    rows, bad = taken(("[\n" + ",\n".join(items) + "\n]").encode(), "x.json")
    lines = 1 + broken.count("\n")
    assert rows == rows_of(*GOOD)
    assert [line for line, _reason in bad] == [3, 3 + lines, 4 + 2 * lines]


def test_the_reason_names_the_line_of_the_mistake_inside_the_item() -> None:
    _rows, bad = taken(b'[\n {"prompt": "a"},\n {\n  "prompt" "b"\n },\n {"prompt": "c"}]', "x.json")
    assert bad == [(3, "This is no valid JSON: Expecting ':' delimiter in line 4.")]


def test_a_broken_item_in_a_wrapped_list_does_not_cost_what_follows_the_list() -> None:
    content = '{"a": [' + ", ".join([GOOD[0], BROKEN[0]]) + '], "note": "x", "b": [' + GOOD[1] + "]}"
    rows, bad = taken(content.encode(), "x.json")
    assert (rows, len(bad)) == (rows_of(*GOOD), 1)


def test_items_inside_a_broken_conversation_are_no_rows() -> None:
    chat = '{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}'
    cut_off = '{"messages": [{"role": "user, "content": "x"}, {"role": "assistant", "content": "y"}]}'
    rows, bad = taken(f"[{chat}, {cut_off}, {chat}, {chat}]".encode(), "x.json")
    assert (rows, len(bad)) == ([json.loads(chat)] * 3, 1)


def test_a_file_that_breaks_off_is_two_bad_rows() -> None:
    rows, bad = taken(f"[{GOOD[0]},\n{GOOD[1][:20]}".encode(), "x.json")
    assert rows == rows_of(GOOD[0])
    assert [reason for _line, reason in bad] == [
        "This is no valid JSON: Unterminated string starting at in line 2.",
        "The file ends in the middle of the list: its closing bracket is missing.",
    ]


@pytest.mark.parametrize("block", [1, 2, 5, 33])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_item_is_passed_over_wherever_blocks_end(monkeypatch: pytest.MonkeyPatch, block: int, broken: str) -> None:
    content = ("[" + ",\n".join([*GOOD, broken, *GOOD]) + "]").encode()
    whole = taken(content, "x.json")
    monkeypatch.setattr(json_, "BLOCK", block)
    rows, bad = taken(content, "x.json")
    assert rows[: len(GOOD)] == whole[0][: len(GOOD)]
    assert rows[-1] == whole[0][-1]
    assert bad[0] == whole[1][0]


@given(st.lists(st.sampled_from([*GOOD, *BROKEN, *'{}[],":\\', "\n", "null", "1e", "\\u00"]), max_size=12))
def test_whatever_stands_there_reading_comes_to_an_end(parts: list[str]) -> None:
    for content in ("[" + ",".join(parts) + "]", "".join(parts), '{"rows": [' + " ".join(parts)):
        everything(content.encode() or b" ", "x.json") if content.strip() else None


def test_an_array_on_one_line_is_read_to_its_end_however_long_that_is() -> None:
    rows = [{"prompt": "p" * 100, "completion": str(number)} for number in range(80_000)]
    good, bad = taken(json.dumps(rows).encode(), "x.json")
    assert (len(good), bad, good[-1]) == (80_000, [], rows[-1])


@pytest.mark.parametrize(
    "item",
    ['{"a": 1 ', '{"a": "b ', '[{"a": x, {"a": [1', '{"prompt": "', ", {", '{"a" "b"}, ', '"\\', "{{[[", "x" * 50, " "],
)
def test_what_is_made_to_keep_the_reader_busy_takes_neither_time_nor_memory(item: str) -> None:
    content = b'[{"prompt": "a"}, ' + (item * (200_000 // len(item))).encode()
    tracemalloc.start()
    started = time.process_time()
    count = sum(1 for _row in everything(content, "x.json")[:10])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count
    assert time.process_time() - started < 30
    assert peak < 50_000_000


def test_thousands_of_broken_items_are_listed_in_seconds() -> None:
    content = ("[" + ",\n".join(['{"prompt": "a" "b"}'] * 20_000) + "]").encode()
    started = time.monotonic()
    rows, bad = taken(content, "x.json")
    assert (rows, len(bad)) == ([], 20_000)
    assert time.monotonic() - started < 30


def test_where_no_end_is_found_what_follows_is_given_up_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_, "MAX_MARKS", 1_000)
    _rows, bad = taken(b'[{"prompt": "a"}, {"prompt" ' + b'["a" ' * 5_000, "x.json")
    assert bad[-1][1] == "The broken item does not end where one can see it: what follows cannot be read."

from __future__ import annotations

from tests.datasets.made import everything, jsonl_of, taken

ROWS = [{"prompt": "a", "completion": "b"}, {"prompt": "c", "completion": "d"}]


def test_each_line_is_a_row() -> None:
    assert taken(jsonl_of(ROWS), "x.jsonl") == (ROWS, [])


def test_a_file_of_one_line_is_one_row() -> None:
    assert taken(jsonl_of(ROWS[:1]), "x.jsonl") == (ROWS[:1], [])


def test_a_broken_line_is_named_with_reason_and_place_and_the_others_stay() -> None:
    rows, bad = taken(b'{"prompt": "a"}\n{"prompt": }\n\n{"prompt": "b"}\n', "x.jsonl")
    assert rows == [{"prompt": "a"}, {"prompt": "b"}]
    (line, reason), *rest = bad
    assert (line, rest) == (2, [])
    assert reason.startswith("This is no valid JSON: unexpected character")
    assert reason.endswith("at character 12.")


def test_lines_that_are_no_objects_say_what_they_are() -> None:
    _rows, bad = taken(b'{"prompt": "a"}\n[1]\n"text"\nnull\ntrue\n3\n', "x.jsonl")
    assert [reason.split(",")[0] for _line, reason in bad] == [
        "The line holds a list",
        "The line holds a text",
        "The line holds null",
        "The line holds true",
        "The line holds a number",
    ]


def test_half_characters_and_nuls_in_keys_are_bad_rows() -> None:
    _rows, bad = taken(b'{"prompt": "a"}\n{"\\ud800": 1}\n{"a\\u0000": 1}\n', "x.jsonl")
    assert [line for line, _reason in bad] == [2, 3]


def test_nesting_without_end_is_a_bad_row() -> None:
    rows = everything(b'{"prompt": "a"}\n' + b"[" * 50_000 + b"\n", "x.jsonl")
    assert len(rows) == 2

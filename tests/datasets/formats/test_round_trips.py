"""What others write is read back cell by cell."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from datasets.formats import BadRow, Options, columns, inspect
from datasets.formats.text import ENCODINGS
from tests.datasets.made import everything, taken
from tests.datasets.workbooks import workbook

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=30)
# openpyxl takes what begins with "=" for a formula, and refuses control characters.
WORDS = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="=_"), min_size=1, max_size=30)
CELLS = st.lists(st.tuples(TEXT, TEXT), max_size=15)
HEADER = ("prompt", "completion")


def written(rows: list[tuple[str, str]], delimiter: str, quoting: int, end: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerow(HEADER)
    writer.writerows(rows)
    return out.getvalue().encode()


@given(CELLS, st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.sampled_from(["\n", "\r\n"]))
@settings(deadline=None)
def test_any_table_that_a_csv_writer_writes(rows: list[tuple[str, str]], delimiter: str, quoting: int, end: str) -> None:
    read, bad = taken(written(rows, delimiter, quoting, end), "x.csv", delimiter=delimiter)
    assert (read, bad) == ([dict(zip(HEADER, row, strict=True)) for row in rows], [])


@given(CELLS)
@settings(deadline=None)
def test_quoted_tables_need_no_hint_about_their_delimiter(rows: list[tuple[str, str]]) -> None:
    for delimiter in ",;\t|":
        read, _bad = taken(written(rows, delimiter, csv.QUOTE_ALL, "\n"), "x.csv")
        assert [tuple(row.values()) for row in read] == rows


@given(CELLS)
@settings(deadline=None)
def test_lines_are_those_that_an_editor_counts(rows: list[tuple[str, str]]) -> None:
    assume(not any(set(prompt + completion) & set("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029") for prompt, completion in rows))
    content = written(rows, ",", csv.QUOTE_ALL, "\n")
    lines = content.decode().split("\n")
    for row, (prompt, _completion) in zip(everything(content, "x.csv", delimiter=","), rows, strict=True):
        assert lines[row.line - 1].startswith('"' + prompt.split("\n")[0].replace('"', '""'))


@given(CELLS)
@settings(deadline=None)
def test_any_rows_as_json_and_json_lines(rows: list[tuple[str, str]]) -> None:
    examples = [dict(zip(HEADER, row, strict=True)) for row in rows]
    assume(examples)
    for content, name in (
        (json.dumps(examples).encode(), "x.json"),
        (json.dumps(examples, indent=3, ensure_ascii=False).encode(), "x.json"),
        (json.dumps({"data": examples}).encode(), "x.json"),
        ("\n".join(json.dumps(example) for example in examples).encode(), "x.jsonl"),
        ("\r\n".join(json.dumps(example) for example in examples).encode(), "x.jsonl"),
    ):
        assert taken(content, name) == (examples, [])


@given(st.lists(st.tuples(WORDS, st.integers(-(10**9), 10**9)), min_size=1, max_size=10))
@settings(deadline=None, max_examples=40)
def test_any_cells_that_a_workbook_can_hold(rows: list[tuple[str, int]]) -> None:
    read, bad = taken(workbook([HEADER, *rows]), "x.xlsx")
    assert (read, bad) == ([{"prompt": text, "completion": str(number)} for text, number in rows], [])


@pytest.mark.parametrize(
    ("words", "encodings"),
    [
        ("plain words", list(ENCODINGS)),
        ("Привет", ["utf-8", "utf-16", "cp1251", "koi8-r", "cp949", "gb18030", "shift_jis"]),
        ("한국어", ["utf-8", "utf-16", "cp949", "gb18030"]),
        ("中文", ["utf-8", "utf-16", "gb18030", "big5", "shift_jis"]),
        ("Grüße", ["utf-8", "utf-16", "cp1252", "gb18030"]),
    ],
)
def test_texts_in_the_encodings_that_can_be_chosen(words: str, encodings: list[str]) -> None:
    for encoding in encodings:
        content = f"prompt,completion\n{words},x\n".encode(encoding)
        assert taken(content, "x.csv", encoding=encoding)[0] == [{"prompt": words, "completion": "x"}], encoding


@pytest.mark.parametrize("encoding", ["cp949", "gb18030", "big5", "shift_jis", "utf-16", "utf-8"])
def test_an_encoding_that_does_not_fit_is_no_crash(encoding: str) -> None:
    for row in everything(b"prompt,completion\n\xff\xff\xfe\x80,x\n", "x.csv", encoding=encoding):
        assert isinstance(row, BadRow) or "\ufffd" in str(row.values)


@pytest.mark.parametrize(
    ("content", "name", "named"),
    [
        (b"prompt,completion\n", "x.csv", ["prompt", "completion"]),
        (b" prompt , completion \na,b\n", "x.csv", ["prompt", "completion"]),
        (b"\xef\xbb\xbfprompt,completion\na,b\n", "x.csv", ["prompt", "completion"]),
        (b'{"a": 1}\n{"b": 1, "a": 2}\n', "x.jsonl", ["a", "b"]),
        (b'[{"a": 1}, {"c": 1}]', "x.json", ["a", "c"]),
        (b'broken\n{"a": 1}\n', "x.jsonl", ["a"]),
    ],
)
def test_columns_are_the_header_or_the_keys_in_the_order_they_appear(content: bytes, name: str, named: list[str]) -> None:
    file = io.BytesIO(content)
    assert columns(file, inspect(file, name).options) == named


def test_reading_twice_from_the_same_file_begins_at_the_beginning() -> None:
    from datasets.formats import read

    file = io.BytesIO(b"prompt,completion\na,b\nc,d\n")
    options = inspect(file, "x.csv").options
    assert list(read(file, options)) == list(read(file, options))


def test_progress_can_be_read_off_the_file() -> None:
    from datasets.formats import read

    content = b"prompt,completion\n" + b"some words,x\n" * 100_000
    file = io.BytesIO(content)
    seen: list[int] = [file.tell() for _row in read(file, inspect(file, "x.csv").options)]
    assert seen[0] < len(content) / 10
    assert seen[len(seen) // 2] == pytest.approx(len(content) / 2, rel=0.1)
    assert seen[-1] == len(content)


@pytest.mark.parametrize(
    "stored", [{}, {"kind": "csv"}, {"sheet": "Ä", "header_row": 0}, {"kind": "xlsx", "of_tomorrow": "ignored"}]
)
def test_options_of_another_day_are_understood(stored: dict[str, Any]) -> None:
    options = Options.from_json(stored)
    assert all(getattr(options, key) == value for key, value in stored.items() if key != "of_tomorrow")

from __future__ import annotations

import time

import pytest

from datasets.formats import Unreadable
from datasets.formats import csv_tsv as tables
from tests.datasets.made import everything, taken


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_itself(delimiter: str) -> None:
    lines = ["prompt,completion", "one, with a comma inside", "a,b"] if delimiter == "," else ["prompt,completion", "a,b"]
    content = "\n".join(line.replace(",", delimiter) for line in lines if line.count(",") == 1).encode()
    rows, bad = taken(content, "x.csv")
    assert rows[-1] == {"prompt": "a", "completion": "b"}
    assert bad == []


def test_commas_inside_semicolon_cells_do_not_mislead_the_delimiter() -> None:
    content = b"prompt;completion\nHello, dear, friend;x\nYes, no, perhaps;y\n"
    assert taken(content, "x.csv")[0][0] == {"prompt": "Hello, dear, friend", "completion": "x"}


def test_a_tsv_is_cut_at_tabs_whatever_else_it_holds() -> None:
    assert taken(b"prompt\tcompletion\na,b,c\td\n", "x.tsv")[0] == [{"prompt": "a,b,c", "completion": "d"}]


def test_cells_keep_line_breaks_quotes_and_spaces() -> None:
    content = b'prompt,completion\n"first\nsecond ""quoted""", x \n'
    assert taken(content, "x.csv")[0] == [{"prompt": 'first\nsecond "quoted"', "completion": " x "}]


def test_a_row_is_named_by_the_line_it_begins_on() -> None:
    rows = everything(b'prompt,completion\n"a\nb",1\n"c\nd",2\n', "x.csv")
    assert [row.line for row in rows] == [2, 4]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_kind_of_line_end_is_read(end: str) -> None:
    assert len(taken(end.join(["prompt,completion", "a,b", "c,d", ""]).encode(), "x.csv")[0]) == 2


def test_blank_lines_are_left_out() -> None:
    rows, bad = taken(b"prompt,completion\n\na,b\n\n\nc,d\n", "x.csv")
    assert (len(rows), bad) == (2, [])


def test_a_line_with_too_few_or_too_many_cells_is_a_bad_row_and_the_others_stay() -> None:
    rows, bad = taken(b"prompt,completion\na,b\nonly\nc,d,e\nf,g\n", "x.csv")
    assert [row["prompt"] for row in rows] == ["a", "f"]
    assert bad == [
        (3, "The line has 1 cell, the header names 2."),
        (4, "The line has 3 cells, the header names 2."),
    ]


def test_empty_cells_beyond_the_header_are_no_mistake() -> None:
    assert taken(b"prompt,completion\na,b,,\n", "x.csv") == ([{"prompt": "a", "completion": "b"}], [])


def test_a_quote_that_never_closes_costs_one_row_and_not_the_rest() -> None:
    rows, bad = taken(b'prompt,completion\na,b\n"never,closed\nc,d\ne,f\n', "x.csv")
    assert [row["prompt"] for row in rows] == ["a", "c", "e"]
    assert bad == [(3, "A quotation mark is opened here and never closed.")]


def test_a_stray_quote_does_not_swallow_the_rows_up_to_the_next_one() -> None:
    rows, bad = taken(b'prompt,completion\n"stray,b\nc,d\n"good ""one""",f\n', "x.csv")
    assert [row["prompt"] for row in rows] == ["c", 'good "one"']
    assert [line for line, _reason in bad] == [2]


def test_text_after_a_closing_quote_is_named_as_such() -> None:
    _rows, bad = taken(b'prompt,completion\n"a"b,c\n', "x.csv")
    assert bad == [(2, "Text follows a closing quotation mark; a quote inside a cell is written twice.")]


def test_a_quote_left_open_for_megabytes_is_given_up_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_RECORD", 500)
    content = b'prompt,completion\n"open,b\n' + b"".join(b"p%d,c\n" % number for number in range(200))
    rows, bad = taken(content, "x.csv")
    assert len(rows) == 200
    assert [line for line, _reason in bad] == [2]


def test_quotes_made_to_be_read_again_and_again_are_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_RECORD", 20_000)
    monkeypatch.setattr(tables, "MAX_REREAD", 200_000)
    content = b"prompt,completion\n" + b'x","\n' * 100_000
    began = time.monotonic()
    with pytest.raises(Unreadable, match="never closed"):
        everything(content, "x.csv")
    assert time.monotonic() - began < 10


def test_a_huge_cell_is_a_bad_row() -> None:
    _rows, bad = taken(b"prompt,completion\n" + b"a" * 1_000_001 + b",b\nc,d\n", "x.csv")
    assert bad == [(2, "The cell is longer than 1000000 characters.")]


def test_a_line_without_an_end_is_not_held_in_memory_whole() -> None:
    rows, bad = taken(b"prompt,completion\n" + b"a" * 9_000_000 + b"\nc,d\n", "x.csv")
    assert rows == [{"prompt": "c", "completion": "d"}]
    assert [line for line, _reason in bad] == [2]


def test_a_nul_is_a_bad_row_with_its_column() -> None:
    row = everything(b"prompt,completion\na\x00,b\n", "x.csv")[0]
    assert (row.line, getattr(row, "column", None)) == (2, "prompt")


def test_columns_without_a_name_or_with_the_same_one_get_one_each() -> None:
    rows, _bad = taken(b"prompt,,prompt\na,b,c\n", "x.csv")
    assert rows == [{"prompt": "a", "Column 2": "b", "prompt (2)": "c"}]


def test_without_a_header_columns_are_numbered() -> None:
    assert taken(b"a,b\nc,d\n", "x.csv", header_row=0)[0][0] == {"Column 1": "a", "Column 2": "b"}


def test_a_header_of_thousands_of_columns_is_refused() -> None:
    with pytest.raises(Unreadable, match="more than 1000 columns"):
        everything(b",".join(b"c%d" % number for number in range(2000)) + b"\n1\n", "x.csv")

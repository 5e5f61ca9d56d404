from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from datasets.formats import Layout, columns, inspect, read
from datasets.formats.header import SHOWN, Head, recognised
from tests.datasets.made import everything, taken
from tests.datasets.workbooks import workbook

TITLED: list[list[Any]] = [
    ["Tickets of March"],
    ["made on", "2026-04-01"],
    [],
    ["question", "answer", "remark"],
    ["Where?", "Here.", None],
    ["When?", "Now.", "twice"],
    ["Who?", "Me.", "once"],
]
TITLED_CSV = b'Tickets of March\r\n"by the\r\noffice"\r\n\r\nquestion,answer\r\nWhere?,Here.\r\nWhen?,Now.\r\n'


def heads(*filled: int) -> list[Head]:
    """Rows with so many filled cells of four."""
    return [Head(number, ["x"] * count + [" "] * (4 - count)) for number, count in enumerate(filled, 1)]


def looked_at(content: bytes, name: str) -> Layout:
    return inspect(io.BytesIO(content), name)


@pytest.mark.parametrize(
    ("filled", "line"),
    [
        ((2, 2, 2), 1),
        ((1, 2, 2), 2),
        ((1, 1, 3, 3, 2, 3), 3),
        ((1, 3, 2, 2), 2),
        ((4, 1, 1, 1), 1),
        ((2, 2, 3, 2, 2), 1),  # a remark beside one row
        ((1, 1, 1, 2, 1, 1), 1),  # a comma without quotes
        ((2,), 1),
        ((1, 2), 1),  # below a header there should be something
        ((0, 2, 2, 2), 2),
        ((), 1),
    ],
)
def test_the_header_is_the_first_row_that_is_as_full_as_those_below(filled: tuple[int, ...], line: int) -> None:
    assert recognised(heads(*filled)) == line


def test_an_empty_row_tells_a_title_of_two_cells_from_a_table_of_two_columns() -> None:
    sheet = [["Tickets of March"], ["made on", "2026-04-01"], [], ["question", "answer"], ["a", "b"], ["c", "d"]]
    assert looked_at(workbook(sheet), "x.xlsx").options.header_row == 4
    without_title = [["question", "answer"], [], ["a", "b"], ["c", "d"]]
    assert looked_at(workbook(without_title), "x.xlsx").options.header_row == 1


def test_a_name_of_several_lines_is_no_empty_row() -> None:
    content = b'Tickets\n"the\nquestion",answer\na,b\nc,d\n'
    assert looked_at(content, "x.csv").options.header_row == 2


@pytest.mark.parametrize("name", ["completion", " Prompt ", "MESSAGES"])
def test_a_row_with_a_name_that_examples_have_is_the_header_however_few_cells_it_fills(name: str) -> None:
    assert recognised([Head(5, [name, "", ""]), *heads(3, 3, 3)]) == 5


def test_titles_above_a_sheet_s_table_are_passed_over_and_said() -> None:
    layout = looked_at(workbook(TITLED), "x.xlsx")
    assert layout.options.header_row == 4
    assert [str(note) for note in layout.notes] == [
        "The names of the columns were found in row 4; what stands above it is left out."
    ]
    assert layout.heads[3] == Head(5, ["Where?", "Here."])


def test_rows_below_titles_keep_the_number_that_the_sheet_shows() -> None:
    rows = everything(workbook(TITLED), "x.xlsx")
    assert [row.line for row in rows] == [5, 6, 7]
    assert taken(workbook(TITLED), "x.xlsx")[0][0] == {"question": "Where?", "answer": "Here.", "remark": ""}


def test_the_row_that_a_person_points_at_names_the_columns_and_nothing_is_said() -> None:
    file = io.BytesIO(workbook(TITLED))
    layout = inspect(file, "x.xlsx", looked_at(workbook(TITLED), "x.xlsx").options)
    assert layout.notes == ()
    assert taken(workbook(TITLED), "x.xlsx", header_row=5)[0][0] == {"Where?": "When?", "Here.": "Now."}


def test_each_sheet_has_a_header_of_its_own() -> None:
    book = workbook([["a", "b"], ["1", "2"]], Second=TITLED)
    assert taken(book, "x.xlsx", sheet="Second")[0][0]["question"] == "Where?"
    assert taken(book, "x.xlsx")[0] == [{"a": "1", "b": "2"}]


def test_a_row_beyond_the_end_names_nothing() -> None:
    file = io.BytesIO(workbook([["a"], ["1"]]))
    options = inspect(file, "x.xlsx").options
    beyond = replace(options, header_row=99)
    assert (columns(file, beyond), list(read(file, beyond))) == ([], [])


def test_title_lines_above_a_csv_s_table_are_passed_over_with_the_lines_of_the_file() -> None:
    assert looked_at(TITLED_CSV, "x.csv").options.header_row == 5
    rows = everything(TITLED_CSV, "x.csv")
    assert [(row.line, row) for row in rows] == [(6, rows[0]), (7, rows[1])]
    assert taken(TITLED_CSV, "x.csv") == (
        [{"question": "Where?", "answer": "Here."}, {"question": "When?", "answer": "Now."}],
        [],
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_below_a_title(delimiter: str) -> None:
    table = TITLED_CSV.replace(b",", delimiter.encode())
    assert taken(table, "x.csv")[0][1] == {"question": "When?", "answer": "Now."}


def test_titles_padded_with_delimiters_are_titles() -> None:
    content = b"Tickets,,\nMarch,,\nq,a,b\n1,2,3\n4,5,\n"
    assert taken(content, "x.csv")[0] == [{"q": "1", "a": "2", "b": "3"}, {"q": "4", "a": "5", "b": ""}]


def test_what_is_broken_above_the_header_is_no_bad_row() -> None:
    content = b'title "x"y\n"a"b,\nq,a\n1,2\n3,4\n'
    assert taken(content, "x.csv") == ([{"q": "1", "a": "2"}, {"q": "3", "a": "4"}], [])


def test_bad_rows_below_the_header_do_not_take_its_place() -> None:
    content = b"q,a\n" + b"".join(b"%d,x\n" % number for number in range(12)) + b"1,2,3\n1,2,3\n"
    good, bad = taken(content, "x.csv")
    assert (len(good), [line for line, _reason in bad]) == (12, [14, 15])


def test_texts_with_commas_below_a_single_name_stay_bad_rows_of_that_column() -> None:
    _good, bad = taken(b"completion\nHello, you\nGood bye, you\nFine\n", "x.csv")
    assert [line for line, _reason in bad] == [2, 3]


def test_without_a_header_the_first_row_is_an_example() -> None:
    assert taken(b"a,b\nc,d\n", "x.tsv", header_row=0)[0][0] == {"Column 1": "a,b"}
    assert everything(workbook([[], ["a"], ["b"]]), "x.xlsx", header_row=0)[0].line == 2


def test_wide_and_long_first_rows_are_kept_short() -> None:
    head = Head.of(1, ["x" * 1_000_000] * 5_000)
    assert (len(head.cells), len(head.cells[0]), len(head.shown())) == (1_000, SHOWN, SHOWN)


def test_a_kind_of_file_without_a_header_has_no_first_rows() -> None:
    layout = looked_at(b'{"prompt": "a", "completion": "b"}\n', "x.jsonl")
    assert (layout.heads, layout.options.header_row) == ((), None)

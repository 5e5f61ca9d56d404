from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time

import pytest

from datasets.formats import Unreadable, columns, inspect, xlsx, xlsx_bounds
from tests.datasets.made import everything, taken
from tests.datasets.workbooks import SHEET, inline, parts, workbook


def test_texts_numbers_truths_and_dates_are_read_as_people_see_them() -> None:
    cells = ["text", 3, 3.0, 0.1, True, False, date(2026, 3, 1), datetime(2026, 3, 1, 14, 5), time(9, 30), None, "end"]
    rows, bad = taken(workbook([[f"c{n}" for n in range(len(cells))], cells]), "x.xlsx")
    seen = ["text", "3", "3", "0.1", "TRUE", "FALSE", "2026-03-01", "2026-03-01 14:05:00", "09:30:00", "", "end"]
    assert (list(rows[0].values()), bad) == (seen, [])


def test_the_first_sheet_is_read_and_another_can_be_chosen() -> None:
    content = workbook([["a"], ["first"]], Second=[["a"], ["second"]])
    file = io.BytesIO(content)
    assert inspect(file, "x.xlsx").sheets == ("Sheet", "Second")
    assert taken(content, "x.xlsx")[0] == [{"a": "first"}]
    assert taken(content, "x.xlsx", sheet="Second")[0] == [{"a": "second"}]
    assert taken(content, "x.xlsx", sheet="Third")[0] == [{"a": "first"}]


def test_rows_carry_the_number_that_excel_shows_and_blank_ones_are_left_out() -> None:
    rows = everything(workbook([["a", "b"], ["x", "y"], [None, None], [" ", None], ["z", None]]), "x.xlsx")
    assert [row.line for row in rows] == [2, 5]


def test_the_header_may_stand_below_empty_rows() -> None:
    assert taken(workbook([[], ["a", "b"], ["x", "y"]]), "x.xlsx")[0] == [{"a": "x", "b": "y"}]


def test_without_a_header_columns_are_numbered() -> None:
    assert taken(workbook([["x", "y"], ["z", "w"]]), "x.xlsx", header_row=0)[0] == [
        {"Column 1": "x", "Column 2": "y"},
        {"Column 1": "z", "Column 2": "w"},
    ]


def test_columns_are_named_even_without_rows() -> None:
    file = io.BytesIO(workbook([["prompt", "completion"]]))
    assert columns(file, inspect(file, "x.xlsx").options) == ["prompt", "completion"]


def test_rich_text_is_joined_and_notes_on_pronunciation_are_left_out() -> None:
    texts = "<sst><si><r><t>one </t></r><r><t>two</t></r><rPh><t>no</t></rPh></si><si><t>a_x000D_b</t></si></sst>"
    cell = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>99</v></c></row>'
    rows, _bad = taken(parts(SHEET.format("<row><c><v>1</v></c></row>" + cell), sharedStrings=texts), "x.xlsx")
    assert rows == [{"1": "one two"}]


def test_a_cell_in_the_last_corner_costs_nothing() -> None:
    sheet = SHEET.format('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>7</v></c></row>')
    rows = everything(parts(sheet), "x.xlsx")
    assert [row.line for row in rows] == [1048576]


def test_a_header_in_the_last_column_is_refused() -> None:
    with pytest.raises(Unreadable, match="more than 1000 columns"):
        everything(parts(SHEET.format('<row r="1"><c r="XFD1"><v>1</v></c></row>')), "x.xlsx")


def test_a_bomb_of_zeros_is_refused_by_its_unpacked_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_SHEET", 3_000_000)

    def bomb() -> Iterator[bytes]:
        yield SHEET.split("{}")[0].encode()
        for _block in range(50):
            yield b" " * 100_000

    with pytest.raises(Unreadable, match="larger than 3 MB"):
        everything(parts(bomb()), "x.xlsx")


def test_a_bomb_is_refused_by_what_it_says_of_itself_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_bounds, "HARMLESS", 1_000_000)
    part = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
    part.file_size, part.compress_size = 2_000_000, 3_900
    with pytest.raises(Unreadable, match="far more than a sheet holds"):
        xlsx_bounds.refuse_part(part, 10_000_000)
    with pytest.raises(Unreadable, match="larger than 1 MB"):
        xlsx_bounds.refuse_part(part, 1_000_000)
    part.compress_size = 4_100
    xlsx_bounds.refuse_part(part, 10_000_000)


def test_a_part_that_shrank_beyond_all_sheets_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_bounds, "HARMLESS", 1_000_000)
    with pytest.raises(Unreadable, match="far more than a sheet holds"):
        everything(parts(SHEET.format(" " * 2_000_000)), "x.xlsx")


def test_a_sheet_of_the_same_row_again_and_again_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_bounds, "HARMLESS", 100_000)
    assert len(everything(parts(inline(*[("prompt", "completion")] * 5_000)), "x.xlsx")) == 4_999


def test_an_archive_of_parts_without_end_is_refused_before_its_list_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    many = parts(inline(["a"]), **{f"media{number}": "x" for number in range(30)})
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_arguments: pytest.fail("read"))
    for name, most in (("MOST_PARTS", 20), ("MOST_DIRECTORY", 1_000)):
        with monkeypatch.context() as patched:
            patched.setattr(xlsx_bounds, name, most)
            with pytest.raises(Unreadable, match="far more than a sheet holds"):
                everything(many, "x.xlsx")


def test_a_giant_cell_is_a_bad_row_and_takes_no_memory() -> None:
    def giant() -> Iterator[bytes]:
        yield inline(["a"]).split("</sheetData>")[0].encode() + b'<row><c t="inlineStr"><is><t>'
        for _block in range(300):
            yield b"x" * 100_000
        yield b"</t></is></c></row></sheetData></worksheet>"

    content = parts(giant())
    tracemalloc.start()
    _rows, bad = taken(content, "x.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "longer than 1000000 characters" in bad[0][1]
    assert peak < 20_000_000


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 nothing else",
        parts("<worksheet><sheetData><row>"),
        parts("no xml at all"),
        parts('<!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'),
        parts(inline(["a"]))[:-200],
    ],
)
def test_a_damaged_workbook_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        everything(content, "x.xlsx")


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(Unreadable, match="damaged"):
        everything(out.getvalue(), "x.xlsx")


def test_targets_that_climb_out_of_the_archive_find_nothing() -> None:
    content = parts(inline(["a"])).replace(b"worksheets/sheet1.xml", b"../../../../etc/pass")
    with pytest.raises(Unreadable):
        everything(content, "x.xlsx")

"""Little that stands for much: each is refused by a limit in a sentence, or read in bounded time and memory."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from datasets.formats import Unreadable, json_, xlsx_cells
from tests.datasets.fuzz import in_time, through
from tests.datasets.made import taken
from tests.datasets.workbooks import SHEET, inline, parts

MILLION = 1_000_000
HEAD, TAIL = SHEET.split("{}")
PASSWD = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


@contextmanager
def within(megabytes: int, seconds: float) -> Iterator[None]:
    """Fail if the block takes more memory, or more processor time."""
    tracemalloc.start()
    begun = time.process_time()
    yield
    took, peak = time.process_time() - begun, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (took < seconds, peak < megabytes * MILLION) == (True, True), f"{took:.1f} s, {peak / MILLION:.0f} MB"


def book(block: bytes, times: int, around: tuple[str, str] = ("", "")) -> bytes:
    """A workbook whose sheet holds a block of XML that often."""

    def pieces() -> Iterator[bytes]:
        yield f"{HEAD}{around[0]}".encode()
        for _time in range(times):
            yield block
        yield f"{around[1]}{TAIL}".encode()

    return parts(pieces())


def refusal(content: bytes, name: str) -> str:
    with pytest.raises(Unreadable) as refused:
        taken(content, name)
    return str(refused.value)


@pytest.mark.parametrize(
    "cells",
    [book(b"<row><c/></row>", 600), book(b"<row/>", 1_100), book(b"<c><v>1</v></c>", 1_100, ("<row>", "</row>"))],
    ids=["empty cells", "empty rows", "one row"],
)
def test_a_sheet_of_cells_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, cells: bytes) -> None:
    monkeypatch.setattr(xlsx_cells, "MAX_CELLS", 1_000)
    assert refusal(cells, "x.xlsx") == "The sheet has more than 1000 cells. Upload it as .csv, or a part of it."


def test_one_row_of_endless_cells_takes_no_memory() -> None:
    content = book(b"<c><v>1</v></c>" * 1_000, 60, ("<row>", "</row>"))
    with within(3, 20):
        assert "more than 1000 columns" in refusal(content, "x.xlsx")


def test_a_long_row_below_the_names_is_cut_to_the_columns_there_are() -> None:
    content = book(b"<c><v>1</v></c>" * 1_000, 50, (inline(["a"]).removeprefix(HEAD).removesuffix(TAIL) + "<row>", "</row>"))
    assert taken(content, "x.xlsx") == ([{"a": "1"}], [])


@pytest.mark.parametrize("doctype", [PASSWD, LAUGHS, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'])
@pytest.mark.parametrize("part", ["sheet", "sharedStrings", "styles"])
def test_a_workbook_with_entities_is_refused_wherever_they_stand(doctype: str, part: str) -> None:
    sheet = f'{HEAD}<row><c t="inlineStr"><is><t>x</t></is></c></row>{TAIL}'
    content = parts(doctype + sheet) if part == "sheet" else parts(sheet, **{part: f"{doctype}<x/>"})
    assert "damaged" in refusal(content, "x.xlsx")


def test_deep_xml_is_read_through() -> None:
    with within(60, 10):
        assert through(book(b"<a>" * 1_000, 50), "x.xlsx") == "refused"


def test_an_archive_of_very_many_members_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(3_000):
            archive.writestr(f"{number}", "")
    assert "damaged" in refusal(out.getvalue(), "x.xlsx")


def test_a_gzip_in_a_gzip_is_not_unpacked_twice() -> None:
    assert through(gzip.compress(gzip.compress(b"a,b\n" * 1_000, mtime=0), mtime=0), "x.csv.gz") in (
        "bad rows",
        "empty",
        "refused",
    )


@pytest.mark.parametrize(("kind", "start"), [("csv", b""), ("tsv", b""), ("txt", b""), ("jsonl", b'{"prompt": "')])
def test_one_endless_line_takes_the_memory_of_a_line(kind: str, start: bytes) -> None:
    content = start + b"a" * (20 * MILLION)
    with within(80, 10):
        assert through(content, f"x.{kind}") in ("bad rows", "empty", "refused")


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_columns_by_the_hundred_thousand_are_refused(kind: str) -> None:
    content = (b",".join if kind == "csv" else b"\t".join)(b"%d" % number for number in range(200_000)) + b"\n1\n"
    with within(80, 15):
        assert refusal(content, f"x.{kind}") == "The first line has more than 1000 columns."


def test_keys_by_the_hundred_thousand_are_a_bad_row() -> None:
    keys = ",".join(f'"{number}":1' for number in range(100_000))
    with within(120, 15):
        _rows, bad = taken(f"{{{keys}}}\n".encode(), "x.jsonl")
    assert bad == [(1, "The object has more than 1000 keys.")]


def test_an_object_without_end_is_not_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_, "MAX_ITEM", 10_000)
    keys = ",".join(f'"{number}":1' for number in range(60_000))
    with within(6, 15):
        _rows, bad = taken(f"{{{keys}}}".encode(), "x.json")
    assert bad == [(1, "The object is longer than 10000 characters.")]


@pytest.mark.parametrize("nested", [b"[" * 50_000, b'{"a":' * 20_000, b'[{"a":' + b"[" * 50_000], ids=["[", "{", "[{["])
@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_nesting_without_end_is_a_bad_row(kind: str, nested: bytes) -> None:
    with in_time(10):
        assert through(nested, f"x.{kind}") in ("bad rows", "refused")


@pytest.mark.parametrize("before", [b"[", b'{"a":[', b"{"])
def test_spaces_without_end_are_passed_over(before: bytes) -> None:
    with within(60, 10):
        through(before + b" \n" * MILLION, "x.json")


def test_a_number_of_thousands_of_digits_is_named_in_plain_words() -> None:
    _rows, bad = taken(b'[{"prompt": ' + b"9" * 5_000 + b"}]", "x.json")
    assert bad == [(1, "A number here has more digits than can be read.")]


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx"])
def test_a_table_of_nothing_is_refused_after_one_look(kind: str) -> None:
    content = book(b"<row/>", 5) if kind == "xlsx" else b"\n" * 1_000 + b"\r\n" * 1_000
    assert refusal(content, f"x.{kind}") in (
        "The file is empty.",
        "The file holds no examples: there is not a single row that can be read.",
    )

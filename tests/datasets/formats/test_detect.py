from __future__ import annotations

import io

import pytest

from datasets.formats import Layout, Unreadable, inspect
from tests.datasets.made import taken
from tests.datasets.workbooks import workbook

TABLE = b"prompt,completion\na,b\n"
LINES = b'{"prompt": "a", "completion": "b"}\n{"prompt": "c", "completion": "d"}\n'
ARRAY = b'[{"prompt": "a", "completion": "b"}]'


def looked_at(content: bytes, name: str) -> Layout:
    return inspect(io.BytesIO(content), name)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("x.csv", TABLE, "csv"),
        ("X.CSV", TABLE, "csv"),
        ("x.tsv", b"a\tb\n1\t2\n", "tsv"),
        ("x.jsonl", LINES, "jsonl"),
        ("x.json", ARRAY, "json"),
        ("folder\\..\\x.csv", TABLE, "csv"),
    ],
)
def test_the_kind_is_read_off_the_name(name: str, content: bytes, kind: str) -> None:
    layout = looked_at(content, name)
    assert (layout.options.kind, layout.notes) == (kind, ())


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("x.jsonl", ARRAY, "json"),
        ("x.json", LINES, "jsonl"),
        ("x.txt", LINES, "jsonl"),
        ("x.csv", LINES, "jsonl"),
        ("x", LINES, "jsonl"),
        ("x.xlsx", TABLE, "csv"),
        ("x.csv", workbook([["a"], ["b"]]), "xlsx"),
    ],
)
def test_content_corrects_the_name_and_says_so(name: str, content: bytes, kind: str) -> None:
    layout = looked_at(content, name)
    assert layout.options.kind == kind
    assert "it was read as such" in str(layout.notes[0])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_json_is_known_in_any_encoding(encoding: str) -> None:
    assert looked_at(LINES.decode().encode(encoding), "x.txt").options.kind == "jsonl"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.csv", b"", "The file is empty."),
        ("x.jsonl", b" \n\n", "The file is empty."),
        ("x.rtf", b"just words\n", "Files that end in .rtf are not read. Tunedeck reads .csv"),
        ("x", b"just words\n", "The file's name has no ending."),
        ("x.pdf", b"%PDF-1.7", "PDF files are not read."),
        ("x.xls", b"\xd0\xcf\x11\xe0rest", "This is a protected workbook or one of the old kind."),
        ("x.xlsx", b"\xd0\xcf\x11\xe0rest", "This is a protected workbook"),
        ("x.csv", b"%PDF-1.7", "PDF files are not read."),
        ("x.csv", b"MZ\x90\x00rest", "Programs are not read."),
        ("x.txt", b"\x7fELF\x02", "Programs are not read."),
        ("x.jsonl", b"PAR1\x15\x04\x00", "Parquet files are not read."),
        ("x.xlsx", b"\x89PNG\r\n\x1a\n", "Pictures are not read."),
        ("x.csv", b"SQLite format 3\x00", "Database files are not read."),
        ("x.csv", b"PK\x03\x04\x14\x00readme.txt", "Archives are not read."),
        ("x.csv", b"7z\xbc\xaf\x27\x1c", "Archives are not read."),
        ("x.zip", b"PK\x03\x04....", "Archives are not read."),
        ("x.docx", b"PK\x03\x04....", "Word documents are not read."),
    ],
)
def test_what_is_not_read_is_refused_in_a_sentence(name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        looked_at(content, name)
    assert str(refused.value.sentence).startswith(sentence)


@pytest.mark.parametrize("start", [b"MZ", b"PAR1", b"GIF8"])
def test_a_table_may_begin_with_the_letters_of_another_kind(start: bytes) -> None:
    assert looked_at(start + b",completion\na,b\n", "x.csv").options.kind == "csv"


def test_columns_and_cells_of_a_hostile_name_are_never_a_path() -> None:
    assert taken(TABLE, "../../etc/passwd.csv")[0] == [{"prompt": "a", "completion": "b"}]

from __future__ import annotations

import io

import pytest

from datasets.formats import text
from tests.datasets.made import taken

TABLE = "prompt,completion\nGrüße,ja\nПривет,нет\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_known_with_and_without_a_mark(encoding: str) -> None:
    table = "prompt,completion\nGreetings from the coast,ja\n"
    assert taken(table.encode(encoding), "x.csv")[0] == [{"prompt": "Greetings from the coast", "completion": "ja"}]


def test_letters_outside_ascii_survive() -> None:
    assert [row["prompt"] for row in taken(TABLE.encode(), "x.csv")[0]] == ["Grüße", "Привет"]


def test_a_file_that_is_no_utf_8_is_read_as_western_and_says_so() -> None:
    file = io.BytesIO("Grüße".encode("cp1252"))
    encoding, note = text.detect(file)
    assert encoding == "cp1252"
    assert "choose another encoding" in str(note)


def test_another_encoding_can_be_chosen() -> None:
    assert taken(TABLE.replace("ü", "u").replace("ß", "s").encode("cp1251"), "x.csv", encoding="cp1251")[0][1] == {
        "prompt": "Привет",
        "completion": "нет",
    }


def test_a_few_broken_bytes_in_utf_8_are_bad_rows_and_not_another_encoding() -> None:
    content = ("prompt,completion\n" + "äöü,ß\n" * 20).encode() + b"\xff\xfe,x\n"
    rows, bad = taken(content, "x.csv")
    assert len(rows) == 20
    assert bad == [(22, "Some bytes are no valid text in the file's encoding.")]


def test_a_broken_byte_at_the_very_end_is_counted() -> None:
    assert text.detect(io.BytesIO(b"abc\xc3"))[0] == "cp1252"


def test_the_caller_s_file_stays_open() -> None:
    file = io.BytesIO(TABLE.encode())
    next(text.lines(file, "utf-8"))
    assert not file.closed


def test_a_long_line_comes_cut_and_the_next_one_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_LINE", 10)
    monkeypatch.setattr(text, "BLOCK", 4)
    assert list(text.lines(io.BytesIO(b"a" * 95 + b"\nnext\n"), "utf-8")) == ["a" * 11, "next\n"]

"""A text file is open-ended generation: each line a completion."""

from __future__ import annotations

import io

import pytest

from datasets.formats import BadRow, Row, columns, inspect, read, text
from tests.conftest import People
from tests.datasets.made import lines_of, prepared, version_of


def rows_of(content: bytes) -> list[Row | BadRow]:
    file = io.BytesIO(content)
    return list(read(file, inspect(file, "x.txt").options))


def test_each_line_is_a_completion_and_empty_ones_are_none() -> None:
    assert rows_of(b"one\r\n\n  two \nthree") == [
        Row(1, {"completion": "one"}),
        Row(3, {"completion": "  two "}),
        Row(4, {"completion": "three"}),
    ]


def test_its_only_column_needs_no_pointing_at(people: People) -> None:
    content = "\n".join(f"Line {number} of a poem about the sea" for number in range(40)).encode()
    assert columns(io.BytesIO(content), inspect(io.BytesIO(content), "x.txt").options) == ["completion"]
    dataset = prepared(people.organization, content=content, name="poem.txt")
    assert (dataset.state, dataset.task) == ("ready", "open-ended")
    row = lines_of(version_of(dataset).training)[0]
    assert row["prompt"] == ""
    assert row["completion"].startswith(" Line ")


def test_a_line_without_end_is_a_bad_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.formats.txt.MAX_LINE", 10)
    monkeypatch.setattr(text, "MAX_LINE", 10)
    good, bad = rows_of(b"short\n" + b"x" * 50)
    assert isinstance(good, Row)
    assert isinstance(bad, BadRow)

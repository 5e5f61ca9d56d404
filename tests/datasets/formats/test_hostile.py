"""Nothing in a file can crash a reader: it yields rows, or bad rows, or refuses in a sentence."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.formats import KINDS, BadRow, Options, Row, Unreadable, columns, inspect, read
from datasets.mapping import Mapping, encoded, taker
from datasets.samples import texts
from tests.datasets.workbooks import workbook

PIECES = st.sampled_from(
    [
        b'"',
        b",",
        b"\n",
        b"\r",
        b"\x00",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"\xff",
        b"\xef\xbb\xbf",
        b'{"prompt": "a", "completion": "b"}\n',
        b'{"messages": [{"role": "user"}]}',
        b"prompt,completion\n",
        b"1e999",
        b"NaN",
    ]
)
SOUP = st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=40).map(b"".join)
BOOK = workbook([["prompt", "completion"], ["a", "b"], ["c", 3]])


def through(content: bytes, name: str) -> None:
    """All that happens to an uploaded file before anything is stored of it."""
    file = io.BytesIO(content)
    with suppress(Unreadable):
        layout = inspect(file, name)
        named = columns(file, layout.options)
        for row in read(file, layout.options):
            assert isinstance(row, Row | BadRow)
            if isinstance(row, Row):
                take(row, named)
            else:
                json.dumps([row.line, row.column, row.reason.to_json(), row.text]).encode()
                assert "\x00" not in row.text + row.column


def take(row: Row, named: list[str]) -> None:
    for mapping in (
        Mapping(format="prompt-completion", prompt=named[0] if named else "", completion=named[-1] if named else ""),
        Mapping(format="chat", messages="messages"),
    ):
        example: Any = taker(mapping)(row)
        if not isinstance(example, BadRow):
            assert orjson.loads(encoded(example)) == example
            assert not any("\x00" in text for text in texts(example).values())


@given(SOUP, st.sampled_from([*KINDS, "txt"]))
@settings(max_examples=300, deadline=None)
def test_any_bytes_under_any_name_are_survived(content: bytes, kind: str) -> None:
    through(content, f"x.{kind}")


@given(st.lists(st.tuples(st.integers(0, len(BOOK) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(BOOK)))
@settings(max_examples=150, deadline=None)
def test_a_workbook_with_any_bytes_changed_is_survived(changes: list[tuple[int, int]], end: int) -> None:
    content = bytearray(BOOK)
    for at, value in changes:
        content[at] = value
    through(bytes(content[:end] if end % 3 == 0 else content), "x.xlsx")


@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=10),
            st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=20), st.lists, max_leaves=5),
            max_size=4,
        ),
        max_size=5,
    )
)
@settings(max_examples=80, deadline=None)
def test_any_json_is_survived(rows: list[dict[str, Any]]) -> None:
    through(json.dumps(rows).encode(), "x.json")
    through("\n".join(json.dumps(row) for row in rows).encode(), "x.jsonl")


def test_options_survive_being_stored() -> None:
    options = Options(kind="csv", encoding="utf-16", delimiter=";", sheet="x", header_row=0)
    assert Options.from_json(json.loads(json.dumps(vars(options)))) == options

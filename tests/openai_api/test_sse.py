from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_api.errors import BadAnswer
from openai_api.sse import LONGEST_LINE, Lines


def read(*chunks: bytes) -> list[str]:
    lines = Lines()
    return [payload for chunk in chunks for payload in lines.feed(chunk)] + lines.end()


@pytest.mark.parametrize(
    ("stream", "payloads"),
    [
        (b'data: {"a": 1}\n\ndata: [DONE]\n\n', ['{"a": 1}', "[DONE]"]),
        (b"data:x\n\n", ["x"]),
        (b"data: x\r\n\r\ndata: y\r\rdata: z\n", ["x", "y", "z"]),
        (b": keep-alive\n\ndata: x\n", ["x"]),
        (b"event: ping\nid: 7\nretry: 10\ndata: x\n", ["x"]),
        (b"data: a: b\n", ["a: b"]),
        (b"data\ndata:\ndata: \n\n", []),
        (b"database: x\n data: y\n", []),
        (b"\xef\xbb\xbfdata: x\n", ["x"]),
        (b"data: x\n\xef\xbb\xbfdata: y\n", ["x"]),
        (b"data: x", ["x"]),
        (b"", []),
        (b"data: \xff\n", ["\ufffd"]),
    ],
)
def test_data_lines_are_read_and_everything_else_is_not(stream: bytes, payloads: list[str]) -> None:
    assert read(stream) == payloads


def test_a_payload_is_there_as_soon_as_its_line_is_complete() -> None:
    lines = Lines()

    assert lines.feed(b"data: x") == []
    assert lines.feed(b"y\n") == ["xy"]
    assert lines.feed(b"data: z\r") == ["z"]


def test_a_line_that_never_ends_is_refused() -> None:
    chunks = [b"data: " + b"x" * 1024**2] * (LONGEST_LINE // 1024**2 + 1)

    with pytest.raises(BadAnswer, match="too long"):
        read(*chunks)


LINES = st.lists(st.sampled_from([b"data: ", b"data:", b": note", b"", b"event: x", "data: 한🙂".encode(), b"data: [DONE]"]))
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(lines=LINES, text=st.text(), end=ENDS, cuts=st.lists(st.integers(0, 300)))
def test_the_cuts_between_chunks_change_nothing(lines: list[bytes], text: str, end: bytes, cuts: list[int]) -> None:
    stream = end.join([*lines, b"data: " + text.encode(), b""])
    places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    chunks = [stream[start:stop] for start, stop in pairwise(places)]

    assert read(*chunks) == read(stream)


@given(chunks=st.lists(st.binary()))
def test_no_bytes_whatever_break_the_reader(chunks: list[bytes]) -> None:
    assert all(payload and payload == payload.strip() for payload in read(*chunks))

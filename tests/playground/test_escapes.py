from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.escapes import read, show


@given(st.text())
def test_what_is_shown_reads_back_as_it_was(text: str) -> None:
    assert read(show(text)) == text


@given(st.text())
def test_what_is_shown_has_no_line_break(text: str) -> None:
    assert not {"\n", "\r", "\t"} & set(show(text))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("\\n", "\n"), ("\\n\\n###\\n\\n", "\n\n###\n\n"), ("\\\\n", "\\n"), ("\\d+", "\\d+"), (" END", " END"), ("\\", "\\")],
)
def test_backslashes_mean_line_breaks_only_before_a_known_letter(typed: str, meant: str) -> None:
    assert read(typed) == meant

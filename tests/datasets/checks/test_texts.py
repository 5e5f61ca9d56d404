from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from datasets.checks.texts import Column, places, stands_in

TEXTS = st.lists(st.text("ab\n #é", max_size=8), min_size=1, max_size=6)
MARKS = st.sampled_from(["\n", "\n\n#", " ", "a", "ab", "é", "a\na", "##"])


@given(TEXTS, MARKS)
@example(["a\n", "\n#", ""], "\n\n#")
@example(["", "", ""], "\n")
def test_a_mark_is_found_in_the_texts_that_hold_it_and_never_between_two_texts(texts: list[str], mark: str) -> None:
    inside, at_end = Column(texts).where(mark)
    assert inside.tolist() == [text.find(mark, 0, -1) >= 0 for text in texts]
    assert at_end.tolist() == [text.endswith(mark) for text in texts]


@given(st.binary(max_size=30), st.sampled_from([b"a", b"\n\n", b" x", b"aba"]))
@example(b"ababa", b"aba")
def test_places_are_found_even_where_they_overlap(data: bytes, mark: bytes) -> None:
    assert places(mark, data).tolist() == [at for at in range(len(data)) if data.startswith(mark, at)]
    assert stands_in(mark, data) == (mark in data)


def test_a_column_knows_where_each_text_ends_in_bytes() -> None:
    assert Column(["aé", "", "b"]).ends.tolist() == [3, 4, 6]
    assert Column(["a", "bc"]).ends.tolist() == [1, 4]

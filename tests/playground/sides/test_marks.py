"""Where one answer differs from another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.sides import marks


def marked(text: str, other: str) -> list[str]:
    return [part for part, is_other in marks.parts(text, other) if is_other]


def test_only_the_words_that_differ_are_marked() -> None:
    assert marked("The Leafs won twice.", "The Sox won twice.") == ["Leafs"]


def test_what_is_missing_leaves_no_mark_and_what_was_added_does() -> None:
    assert marked("won", "won twice") == []
    assert marked("won twice", "won") == ["twice"]


def test_space_is_marked_between_words_that_are_alone() -> None:
    assert marked("the two teams won", "the Leafs won") == ["two teams"]


def test_space_around_an_answer_is_no_difference() -> None:
    assert marks.same(" hockey", "hockey\n")
    assert marked(" hockey", "hockey\n") == []


def test_an_empty_answer_has_no_parts_and_differs_from_one_that_says_something() -> None:
    assert marks.parts("", "x") == []
    assert not marks.same("", "x")


@given(st.text(max_size=80), st.text(max_size=80))
def test_together_the_parts_are_the_text(text: str, other: str) -> None:
    assert "".join(part for part, _ in marks.parts(text, other)) == text


@pytest.mark.parametrize("words", [2_000, 50_000])
def test_a_model_that_repeats_itself_for_ever_takes_no_time(words: int) -> None:
    text = "so the " * words
    assert marked(text, "so " + "the a " * words)
    assert marked(f"so it is {text} end", f"so it is {'the a ' * words} end")[0].startswith("so the")


def test_what_both_begin_and_end_with_is_not_marked_however_long_they_are() -> None:
    same = "word " * 20_000
    assert marked(f"{same}here {same}", f"{same}there {same}") == ["here"]


def test_writing_without_spaces_and_signs_is_compared_too() -> None:
    assert marked("좋아요!", "좋아요.") == ["!"]

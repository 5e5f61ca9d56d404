from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.checks.affixes import Marks, Shared, deliberate
from datasets.checks.texts import Column

TEXTS = st.lists(st.text("ab", max_size=6), min_size=1, max_size=12)


@given(TEXTS, st.integers(1, 5))
def test_the_shared_end_is_found_however_the_rows_are_cut_into_batches(texts: list[str], size: int) -> None:
    for end in (True, False):
        shared = Shared(end=end)
        for at in range(0, len(texts), size):
            shared.add(texts[at : at + size])
        affix = shared.affix
        assert affix is not None
        holds = str.endswith if end else str.startswith
        assert all(holds(text, affix) for text in texts)
        longer = {text[-len(affix) - 1 :] if end else text[: len(affix) + 1] for text in texts if len(text) > len(affix)}
        assert len(longer) != 1 or any(len(text) == len(affix) for text in texts)


@pytest.mark.parametrize(
    ("suffix", "mark"),
    [
        ("", ""),
        ("d", ""),
        ("ed", ""),
        (".", ""),
        ("?", ""),
        (" ->", " ->"),
        ("ing ->", " ->"),
        ("\n\n###\n\n", "\n\n###\n\n"),
        ("d\nSupported:", "\nSupported:"),
        ("д ->", " ->"),
        (" in words", ""),
        (" please?", ""),
        (" END", " END"),
        ("\nAgent:", "\nAgent:"),
    ],
)
def test_an_accidental_shared_letter_is_no_mark(suffix: str, mark: str) -> None:
    assert deliberate(suffix) == mark


@given(st.lists(st.sampled_from(["a ->", "b -> c ->", "c d ->", " ->"]), min_size=2, max_size=12), st.integers(1, 4))
def test_how_often_the_mark_stands_inside_is_exact_after_a_second_look(texts: list[str], size: int) -> None:
    marks = Marks((" ->",))
    batches = [texts[at : at + size] for at in range(0, len(texts), size)]
    for number, batch in enumerate(batches):
        marks.add(number * size, Column(batch))
    if not marks.settled:
        for batch in batches:
            marks.again(batch)
    if mark := marks.existing():
        assert marks.existing_inside() == sum(mark in text[:-1] for text in texts)


def test_a_mark_of_most_rows_is_the_usual_one_unless_it_stands_inside_too() -> None:
    marks = Marks((" ->", " END"))
    look(marks, ["a ->", "b ->", "c"])
    assert (marks.existing(), marks.usual()) == ("", " ->")
    look(marks, ["d -> e ->"])
    assert marks.usual() == ""


def test_a_free_mark_stands_in_no_text() -> None:
    marks = Marks((" ->", "###", "==="))
    look(marks, ["a -> b", "c ### d"])
    assert marks.free(fallback="!") == "==="
    assert marks.free(fallback="!", skip=("===",)) == "!"


def look(marks: Marks, texts: list[str]) -> None:
    marks.add(marks.rows, Column(texts))

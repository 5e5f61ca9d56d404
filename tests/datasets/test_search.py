from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import search
from datasets.index import END_OF_ROW
from datasets.models import Dataset
from tests.conftest import People
from tests.datasets.made import csv_of, jsonl_of, uploaded, worked

ROWS = [
    ('He said "Yes", then\nleft', "prompt"),
    ("Straße nach KÖLN", "n"),
    ("a \\n that is no line break", "tab\there"),
    ("Ελλάδα και ΣΟΦΙΑ", "completion"),
    ("数据 👍🏽", "{}"),
    ("", "only an answer"),
]


def numbers(dataset: Dataset, words: str) -> list[int]:
    found: list[int] = search.holding(dataset, words).tolist()
    return found


@pytest.fixture
def dataset(people: People) -> Dataset:
    rows = [{"prompt": prompt, "completion": completion} for prompt, completion in ROWS]
    return worked(uploaded(people.organization, content=jsonl_of(rows), name="rows.jsonl"))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ('"yes"', [0]),
        ("then\nleft", [0]),
        ("\\n", [2]),
        ("nleft", []),
        ("strasse", [1]),
        ("STRASSE", [1]),
        ("köln", [1]),
        ("σοφια", [3]),
        ("👍", [4]),
        ("据", [4]),
        ("{}", [4]),
        ("prompt", [0]),
        ("completion", [3]),
        ("tab\there", [2]),
        ("an answer", [5]),
        ("left prompt", []),
        ("a", [0, 1, 2, 5]),
        ("\xfe", []),
        ("\ud800", []),
    ],
)
def test_texts_are_searched_as_people_read_them(dataset: Dataset, words: str, found: list[int]) -> None:
    assert numbers(dataset, words) == found


def test_words_are_not_found_across_two_texts_or_two_rows(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of([("one", "two"), ("three", "four")])))
    assert numbers(dataset, "onetwo") == numbers(dataset, "twothree") == []
    assert numbers(dataset, "two") == [0]


def test_what_was_found_is_remembered_until_the_rows_change(dataset: Dataset, monkeypatch: Any) -> None:
    assert numbers(dataset, "köln") == [1]
    with monkeypatch.context() as patched:
        patched.setattr(search, "opened", None)
        assert numbers(dataset, "KÖLN") == [1]
    dataset.ask_again()
    assert numbers(worked(dataset), "köln") == [1]


TEXTS = st.lists(st.text("ab é", max_size=9), min_size=1, max_size=40)


@given(TEXTS, st.text("ab é", min_size=1, max_size=3), st.integers(1, 50))
def test_whatever_the_size_of_a_block_the_same_rows_are_found(texts: list[str], needle: str, block: int) -> None:
    file = io.BytesIO(b"".join(text.encode() + END_OF_ROW for text in texts))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "BLOCK", block)
        places = search._places(file, needle.encode()).tolist()
    whole = file.getvalue()
    assert [whole[:at].count(END_OF_ROW) for at in places] == [n for n, text in enumerate(texts) if needle in text]

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datasets import pretokens, tokens
from datasets.pretokens import Counter, starts

SIGNS = "ab'sltmdrev 0 \n\t.!  \x0b\x1c\x7fZ"
WIDE = "é한字\u00a0\u3000\u0301²Ⅷ🙂ſ\x85"
TEXTS = st.lists(
    st.one_of(
        st.text(SIGNS, max_size=40),
        st.text(SIGNS + WIDE, max_size=40),
        st.text(max_size=20),
        st.lists(st.sampled_from(["don't", " we'll", "'s", "''re", "\n\n###\n\n", " ->", "naïve ", "x\u3000", " END"])).map(
            "".join
        ),
    ),
    max_size=8,
)


def one_by_one(text: str) -> int:
    return tokens.count(text, "r50k_base")


@settings(max_examples=400)
@given(TEXTS)
@example(["a  b", " 's", "\n's", "a's", "a''s", "x'llama", "'", " ", "  ", ""])
@example(["é 'll", "a\u3000 b", "a \u3000b", "한국어 말", "\x00a", "\ud800"])
def test_all_at_once_are_what_each_is_by_itself(texts: list[str]) -> None:
    assert tokens.counts(texts, "r50k_base") == [one_by_one(text) for text in texts]


def test_words_are_cut_where_the_pattern_cuts_them() -> None:
    text = "We'll say it's 42  times...\n\nOK\n 'so'"
    words = ["We", "'ll", " say", " it", "'s", " 42", " ", " times", "...", "\n", "\n", "OK", "\n", " '", "so", "'", "\0"]
    begins = [*starts(text.encode() + b"\0").tolist(), len(text) + 1]
    assert [(text + "\0")[begin:end] for begin, end in pairwise(begins)] == words


def test_what_is_known_is_not_counted_again() -> None:
    asked: list[str] = []

    def count(text: str) -> int:
        asked.append(text)
        return one_by_one(text)

    counter = Counter(count)
    texts = ["the same incomprehensibilities again", "and again and again, unquestionablywithoutspaces"]
    first = counter.counts(texts)
    known = len(asked)
    assert counter.counts([*texts, " again and"]) == [*first, 2]
    assert asked[known:] == []
    assert max(map(len, asked)) < 30


def test_a_full_table_forgets_words_and_still_counts_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretokens, "_SLOTS", 3)
    monkeypatch.setattr(pretokens, "_LONG_WORDS", 2)
    texts = [f"word{letter} another{letter * 3} {letter * 20} {letter * 70}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    counter = Counter(one_by_one)
    for _turn in range(2):
        assert counter.counts(texts) == [one_by_one(text) for text in texts]


def test_other_encodings_and_conversations_are_counted_as_ever() -> None:
    assert tokens.counts(["naïve text", ""], "cl100k_base") == [tokens.count("naïve text", "cl100k_base"), 0]
    chat = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]}
    assert tokens.of_examples([chat], "cl100k_base") == [tokens.of_example(chat, "cl100k_base")]
    pair = {"prompt": "It's ->", "completion": " so"}
    assert tokens.of_examples([pair], "cl100k_base") == [tokens.of_example(pair, "cl100k_base")]


@pytest.mark.parametrize("letters", [0, 1, 5, 12])
def test_large_texts_are_worked_on_in_lots(monkeypatch: pytest.MonkeyPatch, letters: int) -> None:
    monkeypatch.setattr(pretokens, "_LETTERS", letters)
    texts = ["one two", "", "three", "four five six seven", "", "eight"]
    assert Counter(one_by_one).counts(texts) == [one_by_one(text) for text in texts]
    assert Counter(one_by_one).counts([]) == []

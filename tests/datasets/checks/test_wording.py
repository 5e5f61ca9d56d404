from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datasets.checks.wording import text_asked, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, World!", "hello world"),
        ("two\n\n  lines", "two lines"),
        ("“Quoted” – really…", "quoted really"),
        ("ﬁne ＡＢＣ", "fine abc"),
        ("Stra\u00dfe", "STRASSE"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("zero\u200bwidth", "zerowidth"),
        ("¿Qué?", "qué"),
    ],
)
def test_case_signs_space_and_spelling_make_no_difference(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("what is 2 + 3", "what is 2 * 3"),
        ("C", "C++"),
        ("C", "C#"),
        ("a < b", "a > b"),
        ("well done \U0001f44d", "well done \U0001f44e"),
        ("a b", "ab"),
        ("eau", "e\u0301au"),
        ("10 €", "10 $"),
        ("?!", "..."),
        ("", "..."),
    ],
)
def test_what_means_something_does(one: str, other: str) -> None:
    assert words(one) != words(other)


@given(st.text())
def test_words_are_the_same_words_again(text: str) -> None:
    once = words(text)
    assert words(once.decode(errors="surrogatepass")) == once


@given(st.text())
@example("\x1f\xa0")
def test_the_way_in_which_letters_are_put_together_changes_nothing(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert words(unicodedata.normalize(form, text)) == words(text)


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_plain_text_goes_the_short_way_with_the_same_result(text: str) -> None:
    assert words(text + " \u00e9") == b" ".join([*words(text + " a").split()[:-1], "\u00e9".encode()])


USER, SYSTEM = {"role": "user", "content": "hi"}, {"role": "system", "content": "be kind"}
ANSWER = {"role": "assistant", "content": "hello"}


@pytest.mark.parametrize(
    ("example", "asked"),
    [
        ({"prompt": "a", "completion": "b"}, "a"),
        ({"prompt": " ", "completion": "b"}, "b"),
        ({"messages": [SYSTEM, USER, ANSWER]}, "hi"),
        ({"messages": [USER, ANSWER, USER, ANSWER]}, "hi\n|\nhello\n|\nhi"),
        ({"messages": [SYSTEM, ANSWER]}, "be kind"),
        ({"messages": [ANSWER]}, "hello"),
        ({"messages": [{"role": "user", "content": None}, ANSWER]}, ""),
        ({"input": {"messages": [SYSTEM, USER]}, "preferred_output": [ANSWER], "non_preferred_output": []}, "hi"),
    ],
)
def test_what_is_asked(example: dict[str, Any], asked: str) -> None:
    assert text_asked(example) == asked

"""Characters that nobody sees or nobody wrote are told, and taken away only when asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.checks.texts import stands_in
from tests.datasets.made import findings, fixed

BASE = [(f"message number {number}", f"answer {number * 7}") for number in range(30)]


@pytest.mark.parametrize(
    ("code", "wrong", "right"),
    [
        ("control-characters", "a\x00b\x1bc", "abc"),
        ("control-characters", "\ufeffprice\u200b", "price"),
        ("control-characters", "abc\u202egnp.exe", "abcgnp.exe"),
        ("special-tokens", "the end<|endoftext|>", "the end"),
        ("special-tokens", "<|im_start|>user", "user"),
        ("mojibake", "CafÃ© â€“ itâ€™s", "Café – it’s"),
        ("mojibake", "ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
        ("mojibake", "GrÃ¼ÃŸe", "Grüße"),
    ],
)
def test_it_is_found_and_mended_when_asked(code: str, wrong: str, right: str) -> None:
    rows = [*BASE, (wrong, f"{wrong} x")]
    finding = findings(rows)[code]
    assert finding.count == 1
    assert finding.fix is not None
    assert not finding.fix.recommended
    assert fixed(finding, rows) == [*BASE, (right, f"{right} x")]
    assert code not in findings(fixed(finding, rows))


@pytest.mark.parametrize(
    "text",
    [
        "tab\tline\nreturn\r\n",
        "Grüße, Łódź, Привет, 안녕하세요, 🙂",
        "a family: 👩\u200d👩\u200d👦",
        "<|not a token|> <endoftext>",
        "Ãgua",
        "Â",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    codes = findings([*BASE, (text, "x")])
    assert not {"control-characters", "special-tokens", "mojibake"} & set(codes)


def test_letters_that_say_nothing_as_bytes_stay_as_they_are() -> None:
    rows = [*BASE, ("Ã€Â€ and Ã©", "x")]
    assert fixed(findings(rows)["mojibake"], rows)[-1][0].endswith("and é")


def test_conversations_are_looked_through_as_well() -> None:
    rows = [
        {"messages": [{"role": "user", "content": f"{number}\x00"}, {"role": "assistant", "content": "<|endoftext|>"}]}
        for number in range(12)
    ]
    assert {"control-characters", "special-tokens"} <= set(findings(rows))


@given(st.text("a<| ", max_size=12), st.sampled_from(["<|", " <", "\n", "|", "<| a"]))
def test_a_mark_is_found_wherever_it_stands(text: str, mark: str) -> None:
    assert stands_in(mark.encode(), text.encode()) == (mark in text)

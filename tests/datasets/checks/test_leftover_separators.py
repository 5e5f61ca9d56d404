from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.checks.leftover_separators import KNOWN, MAY_BE_MEANT, without
from datasets.examine import Examination, examine, looked_through
from datasets.turns import pairs as turns_of
from tests.datasets.made import Pair, findings, fixed, pairs

CODE = "leftover-separators"
SMALL: list[Pair] = [(f"question {number} of {number * 7}", f"{number} gives {number * 3}") for number in range(20)]
PARAGRAPH = "\n\n###\n\n"


@pytest.mark.parametrize("mark", [mark for mark in KNOWN if mark not in MAY_BE_MEANT])
def test_a_known_separator_in_the_middle_of_a_prompt_is_told_and_can_be_taken_out(mark: str) -> None:
    rows = [*SMALL, (f"first{mark}second", "x")]
    found = findings(rows)[CODE]
    assert (found.count, found.severity, found.fix is not None and found.fix.recommended) == (1, "info", False)
    assert found.samples[0]["line"] == 22
    assert fixed(found, rows) == [*SMALL, ("first\n\nsecond", "x")]


def test_one_in_a_completion_is_left_over_too() -> None:
    rows = [(prompt + PARAGRAPH, answer) for prompt, answer in SMALL] + [("a" + PARAGRAPH, f"b{PARAGRAPH}c{PARAGRAPH}")]
    found = findings(rows)[CODE]
    assert found.count == 1
    assert fixed(found, rows) == [*rows[:-1], ("a" + PARAGRAPH, "b\n\nc\n\n")]


def test_the_one_at_the_end_of_the_prompt_stays() -> None:
    rows = [(f"a{PARAGRAPH}b{PARAGRAPH}{number}{PARAGRAPH}", "x") for number in range(9)]
    found = findings(rows)[CODE]
    assert fixed(found, rows)[0] == (f"a\n\nb\n\n0{PARAGRAPH}", "x")
    assert CODE not in findings(fixed(found, rows))


def test_separators_at_the_end_of_all_prompts_are_in_their_place() -> None:
    for mark in KNOWN:
        assert CODE not in findings([(prompt + mark, answer) for prompt, answer in SMALL])


def test_an_arrow_in_the_middle_is_text_unless_most_prompts_end_with_one() -> None:
    meant = [*SMALL, ("def twice(number) -> int", "x")]
    assert CODE not in findings(meant)
    left = [(prompt + " ->", answer) for prompt, answer in [*SMALL, ("one -> two", "x"), ("two ->three", "a -> b")]]
    found = findings(left)[CODE]
    assert found.count == 2
    assert fixed(found, left)[-2:] == [("one two ->", "x"), ("two three ->", "a b")]


def test_a_line_across_the_page_is_text_unless_most_prompts_end_with_one() -> None:
    line = "\n\n---\n\n"
    assert CODE not in findings([*SMALL, (f"a letter{line}and its answer", f"one{line}two")])
    left = [(prompt + line, answer) for prompt, answer in [*SMALL, (f"a{line}b", "x")]]
    assert findings(left)[CODE].count == 1


def test_the_most_frequent_one_comes_first_and_the_next_one_after_it() -> None:
    rows = [*SMALL, ("a\n\n===>\n\nb", "x"), ("a\n\n--->\n\nb", "x"), ("c\n\n--->\n\nd", "x")]
    first = findings(rows)[CODE]
    assert first.fix is not None
    assert first.fix.params == {"separator": "\n\n--->\n\n"}
    second = findings(fixed(first, rows))[CODE]
    assert second.fix is not None
    assert second.fix.params == {"separator": "\n\n===>\n\n"}


@pytest.mark.parametrize(("asks", "answers"), [("Customer", "Agent"), ("User", "Assistant"), ("Client", "The agent")])
def test_the_names_in_conversations_as_prompts_are_no_separators(asks: str, answers: str) -> None:
    said = [
        [{"role": role, "content": f"{role} {number} {turn}"} for turn in range(3) for role in ("user", "assistant")]
        for number in range(20)
    ]
    rows = [pair for one in said for pair in turns_of(one, asks=asks, answers=answers, system=False)]
    found = findings(rows)
    assert CODE not in found
    assert "separator" not in found


def test_of_texts_without_prompts_nothing_is_told() -> None:
    assert CODE not in findings([("", f"{number} a{PARAGRAPH}b") for number in range(20)])


TEXTS = st.lists(st.sampled_from(["\n", "\n\n", "###", "===", " ", "->", " ->", PARAGRAPH, "a"]), max_size=12).map("".join)
MARKS = st.sampled_from([" ->", PARAGRAPH, "\n\n", "\n#", "aa", "->"])


@given(TEXTS, MARKS)
def test_afterwards_the_mark_is_at_the_end_or_nowhere(text: str, mark: str) -> None:
    prompt, completion = without(text, mark, end=True), without(text, mark, end=False)
    assert prompt.find(mark, 0, -1) < 0
    assert mark not in completion
    assert prompt.endswith(mark) or not text.endswith(mark) or mark not in KNOWN
    assert (without(prompt, mark, end=True), without(completion, mark, end=False)) == (prompt, completion)


def test_a_text_full_of_marks_does_not_take_long() -> None:
    begun = time.process_time()
    left = without(f"a{PARAGRAPH}" * 100_000, PARAGRAPH, end=True)
    assert left == "a\n\n" * 99_999 + "a" + PARAGRAPH
    assert time.process_time() - begun < 5


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12), st.integers(0, 12))
def test_parts_put_together_find_what_the_whole_finds(rows: list[Pair], cut: int) -> None:
    numbered = list(enumerate(pairs(rows)))
    begun, rest = (
        looked_through(part, Examination("prompt-completion", count_tokens=False))
        for part in (numbered[:cut], numbered[cut:])
    )
    begun.join(rest)
    whole = examine(lambda: numbered, format="prompt-completion", count_tokens=False, near=False)
    of_both = [[one for one in seen.findings if one.code == CODE] for seen in (begun.report(lambda: numbered), whole)]
    assert of_both[0] == of_both[1]

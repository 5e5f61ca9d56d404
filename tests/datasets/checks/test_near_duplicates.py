from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.checks import BY_CODE, near_duplicates
from datasets.checks.near_duplicates import NearDuplicates
from datasets.examine import Examination, examine, looked_through
from datasets.recipe import beforehand, replay
from tests.datasets.made import Pair, findings, fixed, pairs, report

LONG = (
    "my washing machine has stopped in the middle of a programme and the door will not open although there is no water left"
)
NEAR = LONG.replace("programme", "cycle")
SMALL: list[Pair] = [(f"question {number} of {number * 7}", f"{number} gives {number * 3}") for number in range(20)]
NORMALIZED, NEARLY = "normalized-duplicates", "near-duplicates"


def marked(parts: list[Any]) -> list[str]:
    return [text for text, changed in parts if changed]


def chats(*asked: str) -> list[dict[str, Any]]:
    return [{"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]} for text in asked]


class TestAnotherSpelling:
    def test_the_same_prompt_in_another_spelling_is_told_beside_the_first(self) -> None:
        found = findings([*SMALL, ("Hello, World!", "a"), ("hello world", "a")])[NORMALIZED]
        assert (found.count, found.severity, found.fix is not None and found.fix.recommended) == (1, "info", False)
        (sample,) = found.samples
        assert (sample["line"], sample["other"]) == (22, 23)
        asked = sample["texts"][0]
        assert (marked(asked["before"]), marked(asked["after"])) == (["Hello,", "World!"], ["hello", "world"])

    def test_exact_duplicates_and_conflicts_are_no_matter_of_spelling(self) -> None:
        assert NORMALIZED not in findings([*SMALL, SMALL[0], (SMALL[1][0], "another answer")])

    def test_it_says_when_they_are_answered_otherwise(self) -> None:
        found = findings([*SMALL, ("Hello", "a"), ("hello", "b"), ("HELLO", "a")])[NORMALIZED]
        assert found.count == 2
        assert "1 of them is answered otherwise" in str(found.why)

    def test_its_fix_leaves_the_rows_with_the_first_spelling(self) -> None:
        rows = [("Hello", "a"), ("hello", "b"), ("Hello", "c"), ("HELLO!", "d"), *SMALL]
        found = findings(rows)[NORMALIZED]
        left = fixed(found, rows)
        assert left == [rows[0], rows[2], *SMALL]
        assert found.count == len(rows) - len(left)
        assert NORMALIZED not in findings(left)

    @pytest.mark.parametrize("more", ["", " ->", "\n\n###\n\n"])
    def test_what_all_prompts_end_with_changes_nothing(self, more: str) -> None:
        rows = [(prompt + more, answer) for prompt, answer in [*SMALL, ("Hello", "a"), ("hello", "a")]]
        assert findings(rows)[NORMALIZED].count == 1

    def test_of_conversations_what_is_asked_counts(self) -> None:
        found = findings(chats("Hello there", "hello there!", "bye"))[NORMALIZED]
        assert found.count == 1
        assert found.samples[0]["texts"][0]["key"] == "1 user"

    def test_of_texts_without_prompts_the_text_counts(self) -> None:
        found = report([("", "A text to write like."), ("", "a text to write like"), ("", "another one")])
        assert {finding.code: finding.count for finding in found.findings}[NORMALIZED] == 1


class TestOtherWords:
    def test_nearly_the_same_prompt_is_told_beside_the_first(self) -> None:
        found = findings([*SMALL, (LONG, "a"), (NEAR, "a")])[NEARLY]
        assert (found.count, found.fix is not None and found.fix.recommended) == (1, False)
        (sample,) = found.samples
        assert (sample["line"], sample["other"], sample["dropped"]) == (22, 23, False)
        asked = sample["texts"][0]
        assert (marked(asked["before"]), marked(asked["after"])) == (["programme"], ["cycle"])

    def test_what_differs_is_shown_however_far_into_the_texts_it_is(self) -> None:
        chance = random.Random(3)
        begin = " ".join(f"w{chance.randrange(10_000)}" for _ in range(400))
        found = findings([(begin + " left", "a"), (begin + " right", "a")])[NEARLY]
        asked = found.samples[0]["texts"][0]
        assert (marked(asked["before"]), marked(asked["after"])) == (["left"], ["right"])
        assert asked["before"][0][0].startswith("…")

    def test_it_says_when_they_are_answered_otherwise(self) -> None:
        found = findings([*SMALL, (LONG, "a"), (NEAR, "b")])[NEARLY]
        assert "1 of them is answered otherwise" in str(found.why)

    def test_short_prompts_are_told_apart_by_every_word(self) -> None:
        assert NEARLY not in findings([(f"what is the capital of country {number}", str(number)) for number in range(30)])

    def test_its_fix_leaves_the_first_of_each_and_then_there_is_nothing_left_to_find(self) -> None:
        rows = [(LONG, "a"), *SMALL, (NEAR, "a"), (NEAR.upper(), "c"), (LONG.upper(), "d")]
        found = findings(rows)[NEARLY]
        left = fixed(found, rows)
        assert left == [rows[0], *SMALL, rows[-1]]
        assert found.count == len(rows) - len(left)
        assert NEARLY not in findings(left)

    def test_of_conversations_what_is_asked_counts(self) -> None:
        assert findings(chats(LONG, NEAR, "something else"))[NEARLY].count == 1

    def test_beyond_a_number_of_rows_it_says_that_it_was_not_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(near_duplicates, "MOST", 20)
        found = findings([*SMALL, (LONG, "a"), (NEAR, "a"), (LONG.upper(), "a")])
        assert (found[NEARLY].fix, found[NEARLY].severity, found[NEARLY].count) == (None, "info", 23)
        assert "more than 20 rows" in str(found[NEARLY].why)
        assert found[NORMALIZED].count == 1

    def test_it_does_not_begin_if_it_is_known_beforehand_that_the_rows_are_too_many(self) -> None:
        rows = list(enumerate(pairs(SMALL)))
        seen = Examination("prompt-completion", count_tokens=False, near=True).expect(near_duplicates.MOST + 1)
        check = next(check for check in looked_through(rows, seen).checks if isinstance(check, NearDuplicates))
        assert check.signed.parts == []
        assert NEARLY in {finding.code for finding in seen.report(lambda: rows).findings}


TEXTS = [LONG, NEAR, LONG.upper(), LONG + " now", NEAR + " now", "short", "Short", LONG.replace("door", "lid"), "else"]
ROWS = st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(["a", "b"])), min_size=1, max_size=30)


@given(ROWS)
@pytest.mark.parametrize("code", [NORMALIZED, NEARLY])
def test_as_many_rows_are_removed_as_were_told(code: str, rows: list[Pair]) -> None:
    found = report(rows).hits.get(code)
    change = BY_CODE[code].change({})
    dropped = [number for number, row in enumerate(pairs(rows)) if change(row) is None]
    assert dropped == ([] if found is None else found.tolist())


@given(ROWS)
def test_known_beforehand_the_same_rows_are_removed(rows: list[Pair]) -> None:
    numbered = list(enumerate(pairs(rows)))
    recipe = [{"code": code, "params": {}} for code in ("duplicates", NEARLY, NORMALIZED)]
    copies = beforehand(recipe, lambda: numbered)
    assert list(copies) == [1]
    assert list(replay(recipe, numbered, copies)) == list(replay(recipe, numbered))


@given(ROWS, st.integers(0, 30))
def test_parts_put_together_find_what_the_whole_finds(rows: list[Pair], cut: int) -> None:
    numbered = list(enumerate(pairs(rows)))
    begun, rest = (
        looked_through(part, Examination("prompt-completion", count_tokens=False, near=True))
        for part in (numbered[:cut], numbered[cut:])
    )
    begun.join(rest.gathered())
    whole = examine(lambda: numbered, format="prompt-completion", count_tokens=False)
    assert begun.report(lambda: numbered).findings == whole.findings


def test_passes_that_are_not_asked_for_it_do_not_compare_rows() -> None:
    assert not any(check.near for check in Examination("prompt-completion").checks)

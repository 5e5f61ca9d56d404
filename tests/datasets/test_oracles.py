"""The checks against the plainest possible way of saying the same."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.checks.separator import CANDIDATES, FALLBACK
from datasets.recipe import replay
from tests.datasets.made import Pair, findings, pairs, report

PROMPT = st.sampled_from(
    ["", " ", "a", "b", "a ->", "b ->", "a -> b", "x\ny", "c\n\n###\n\n", "c\n\n###\n\nd", "HELLO", "d\n\n===\n\n"]
)
COMPLETION = st.sampled_from(["", " ", " yes", "yes", " no", "no", "no END", "yes.", "\n", " a\nb", "NO"])
ROWS: st.SearchStrategy[list[Pair]] = st.lists(st.tuples(PROMPT, COMPLETION), min_size=1, max_size=40)


def count(rows: list[Pair], code: str) -> int:
    found = findings(rows).get(code)
    return found.count if found else 0


@given(ROWS)
def test_empty_completions(rows: list[Pair]) -> None:
    assert count(rows, "empty-completions") == sum(not completion.strip() for _prompt, completion in rows)


@given(ROWS)
def test_duplicates(rows: list[Pair]) -> None:
    assert count(rows, "duplicates") == len(rows) - len(set(rows))


@given(ROWS)
def test_leading_space(rows: list[Pair]) -> None:
    assert count(rows, "leading-space") == sum(completion[:1] not in ("", " ") for _prompt, completion in rows)


@given(ROWS)
def test_empty_prompts(rows: list[Pair]) -> None:
    empty = sum(not prompt.strip() for prompt, _completion in rows)
    assert count(rows, "empty-prompts") == (empty if empty < len(rows) else 0)


@given(ROWS)
def test_conflicts(rows: list[Pair]) -> None:
    first: dict[str, str] = {}
    wrong = 0
    for prompt, completion in rows:
        if prompt.strip():
            wrong += first.setdefault(prompt, completion.strip()) != completion.strip()
    assert count(rows, "conflicts") == wrong


@given(ROWS)
def test_the_separator_offered_stands_in_no_prompt_or_ends_most_of_them(rows: list[Pair]) -> None:
    found = findings(rows).get("separator")
    if not found or not found.fix:
        return
    mark = found.fix.params["separator"]
    ending = [prompt for prompt, _completion in rows if prompt.endswith(mark)]
    inside = [prompt for prompt, _completion in rows if mark in prompt[:-1]]
    assert mark == FALLBACK or not inside
    assert mark == FALLBACK or not ending or len(ending) * 2 > len(rows)
    if not ending and mark != FALLBACK:
        earlier = CANDIDATES[: CANDIDATES.index(mark)]
        newline = any("\n" in prompt for prompt, _completion in rows)
        assert all(any(other in prompt for prompt, _c in rows) or (other == " ->" and newline) for other in earlier)


@given(ROWS)
def test_labels_are_the_completions_of_a_classifier(rows: list[Pair]) -> None:
    facts = report(rows).facts
    filled = [completion for _prompt, completion in rows if completion.strip()]
    different = {row for row in rows if row[1].strip()}
    classes = {completion for _prompt, completion in different}
    asked = any(prompt.strip() for prompt, _completion in rows)
    expected = asked and len(classes) > 1 and len(classes) * 3 < len(different)
    assert (facts.task == "classification") is expected
    assert dict(facts.labels) == (Counter(filled) if expected else {})


def accepted_all(rows: list[Pair]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Accept what is recommended one after the other, as a dataset does."""
    recipe: list[dict[str, Any]] = []
    while True:
        left = [example for _line, example in replay(recipe, enumerate(pairs(rows)))]
        wanted = [f for f in report(left).findings if f.fix and f.fix.recommended] if left else []
        if not wanted:
            return recipe, left
        assert wanted[0].fix is not None
        recipe.append({"code": wanted[0].code, "params": dict(wanted[0].fix.params)})
        assert len(recipe) < 20, "accepting what is recommended never ends"


@given(ROWS)
@settings(deadline=None)
def test_accepting_all_ends_and_leaves_rows_as_a_model_wants_them(rows: list[Pair]) -> None:
    recipe, left = accepted_all(rows)
    codes = [step["code"] for step in recipe]
    assert all(one != following for one, following in pairwise(recipe)), "the same is never offered twice in a row"
    assert set(codes) <= {"empty-completions", "duplicates", "separator", "leading-space", "ending"}
    assert all(row["completion"].startswith(" ") for row in left)
    if separator := next((step["params"]["separator"] for step in recipe if step["code"] == "separator"), ""):
        assert all(row["prompt"].endswith(separator) for row in left)


@given(ROWS)
@settings(deadline=None)
def test_accepting_all_loses_only_empty_rows_and_exact_duplicates(rows: list[Pair]) -> None:
    _recipe, left = accepted_all(rows)
    kept = list(dict.fromkeys(row for row in rows if row[1].strip()))
    # Fixes that add something may make two rows the same that were not; those are the only others that go.
    assert len(left) <= len(kept)
    finished = [(row["prompt"], row["completion"]) for row in left]
    for prompt, completion in kept:
        assert any(done.startswith(prompt) and completion in answer for done, answer in finished)

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from datasets.checks import BY_CODE
from datasets.recipe import in_words, replay

STEPS = {
    "empty-completions": {},
    "empty-prompts": {},
    "duplicates": {},
    "normalized-duplicates": {},
    "near-duplicates": {},
    "conflicts": {},
    "separator": {"separator": " ->"},
    "ending": {"ending": " END"},
    "leading-space": {},
    "leftover-separators": {"separator": " ->"},
    "too-long": {"limit": 20, "encoding": "r50k_base"},
    "personal-data": {},
    "special-tokens": {},
    "control-characters": {},
    "mojibake": {},
    "prompt-case": {},
    "completion-case": {},
    "prompt-prefix": {"prefix": "aa"},
    "completion-prefix": {"prefix": " a"},
}
TEXTS = st.text("aB \n>-", max_size=8)
ROWS = st.lists(st.builds(lambda p, c: {"prompt": p, "completion": c}, TEXTS, TEXTS), max_size=30)
RECIPES = st.lists(st.sampled_from(sorted(STEPS)), unique=True, max_size=6).map(
    lambda codes: [{"code": code, "params": STEPS[code]} for code in codes]
)
REMOVING_A_BEGINNING = {"prompt-prefix", "completion-prefix"}  # what stands behind it may begin in the same way


def done(recipe: list[dict[str, Any]], rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [example for _line, example in replay(recipe, enumerate(rows))]


@given(RECIPES, ROWS)
def test_a_recipe_gives_the_same_result_each_time_and_leaves_its_rows_alone(recipe: Any, rows: Any) -> None:
    before = [dict(row) for row in rows]
    assert done(recipe, rows) == done(recipe, rows)
    assert rows == before


@given(RECIPES, ROWS)
def test_each_fix_is_done_once_however_often_it_is_replayed(recipe: Any, rows: Any) -> None:
    for step in recipe:
        if step["code"] not in REMOVING_A_BEGINNING:
            once = done([step], rows)
            assert done([step], once) == once


@given(RECIPES, ROWS)
def test_steps_are_replayed_in_their_order(recipe: Any, rows: Any) -> None:
    one_by_one = rows
    for step in recipe:
        one_by_one = done([step], one_by_one)
    assert done(recipe, rows) == one_by_one


@given(RECIPES, ROWS)
def test_rows_keep_their_line_and_their_order(recipe: Any, rows: Any) -> None:
    lines = [line for line, _example in replay(recipe, enumerate(rows))]
    assert lines == sorted(set(lines))


def test_every_fix_says_in_words_what_it_did() -> None:
    recipe = [{"code": code, "params": params} for code, params in STEPS.items()]
    assert [str(sentence).endswith(".") for sentence in in_words(recipe)] == [True] * len(STEPS)
    assert "The separator ␣-> was added to prompts." in map(str, in_words(recipe))


def test_every_check_that_offers_a_fix_is_in_this_test() -> None:
    pairs = [check for check in BY_CODE.values() if "prompt-completion" in check.formats]
    assert {check.code for check in pairs if check.has_fix()} == set(STEPS)

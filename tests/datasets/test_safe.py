from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from datasets import safe
from datasets.examine import Examination, looked_through
from datasets.recipe import replay
from tests.datasets.made import Pair, pairs, report

PROMPTS = ["one", "two", "one ->", "two ->", "three\n\n###\n\n", "", "a -> b"]
COMPLETIONS = ["yes", " yes", "", " ", "no", " no", " yes END", "no."]
ROWS = st.lists(st.tuples(st.sampled_from(PROMPTS), st.sampled_from(COMPLETIONS)), min_size=1, max_size=30)


def found(rows: list[dict[str, str]], skipped: tuple[str, ...] = ()) -> list[dict[str, object]]:
    numbered = list(enumerate(rows))
    ahead = safe.ahead("prompt-completion", skipped)
    seen = looked_through(numbered, Examination("prompt-completion", count_tokens=False, ahead=ahead))
    fixes, _others = safe.fixes(seen, lambda: numbered, skipped)
    return [{"code": one.code, "params": one.fix.params} for one in fixes if one.fix]


def after(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows after all safe fixes, round by round."""
    for _round in range(5):
        steps = found(rows)
        if not steps:
            return rows
        rows = [row for _line, row in replay(steps, enumerate(rows))]
    raise AssertionError("it never ends")


def one_by_one(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The same the slow way: the first recommended fix, then look again."""
    for _turn in range(20):
        asked = [one for one in report(rows).findings if one.fix and one.fix.recommended] if rows else []
        if not asked:
            return rows
        step = {"code": asked[0].code, "params": asked[0].fix.params if asked[0].fix else {}}
        rows = [row for _line, row in replay([step], enumerate(rows))]
    raise AssertionError("it never ends")


@given(ROWS)
def test_all_at_once_comes_to_an_end_that_asks_for_nothing_more(rows: list[Pair]) -> None:
    left = after(pairs(rows))
    assert not left or not [one for one in report(left).findings if one.fix and one.fix.recommended]


@given(ROWS)
def test_all_at_once_keeps_the_rows_that_one_by_one_keeps(rows: list[Pair]) -> None:
    def texts(kept: list[dict[str, str]]) -> list[tuple[str, str]]:
        return [(row["prompt"].removesuffix(" ->"), row["completion"].split()[0]) for row in kept]

    together, alone = after(pairs(rows)), one_by_one(pairs(rows))
    if {row["prompt"] for row in together} == {row["prompt"] for row in alone}:  # the same separator was chosen
        assert texts(together) == texts(alone)


def test_what_is_skipped_is_neither_proposed_nor_assumed() -> None:
    rows = pairs([("a", "yes"), ("b", ""), ("a", "yes"), *((f"{number}", "no") for number in range(9))])
    everything = ["empty-completions", "leading-space", "duplicates", "separator"]
    assert [step["code"] for step in found(rows)] == everything
    for skipped in itertools.chain(itertools.combinations(everything, 1), itertools.combinations(everything, 2)):
        codes = [step["code"] for step in found(rows, skipped)]
        assert codes == [code for code in everything if code not in skipped]


def test_a_fix_that_nothing_needs_is_not_proposed() -> None:
    assert found(pairs([("a ->", " yes"), ("b ->", " no"), *((f"{number} ->", " no") for number in range(9))])) == []


def test_conversations_lose_nothing_but_copies() -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    numbered = list(enumerate([{"messages": said}, {"messages": said}]))
    seen = looked_through(numbered, Examination("chat", count_tokens=False, ahead=safe.ahead("chat", ())))
    assert [one.code for one in safe.fixes(seen, lambda: numbered, ())[0]] == ["duplicates"]

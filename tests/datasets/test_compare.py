"""What is different between two versions: exact, whatever the order, and bounded in memory."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import compare, decide, keyed, later, remove, tasks
from datasets.compare import Difference
from datasets.models import Dataset, Version
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, prepared, uploaded, version_of, worked

ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3), st.integers(0, 2)), max_size=60)


def keys(rows: list[tuple[int, int, int]]) -> keyed.Keys:
    """Rows of (question, completion, part) as keys."""
    made = [(asked, asked, asked * 100 + said, (part << keyed.PART_AT) + at) for at, (asked, said, part) in enumerate(rows)]
    return np.array(made, dtype=keyed.ROW)


def counts(found: dict[str, Any]) -> dict[str, int]:
    return {kind: len(found[kind]) for kind in compare.KINDS} | {"same": int(found["same"])}


def compared(old: Version, new: Version) -> Difference:
    compare.compare(old, new)
    return Difference(old, new)


def again(dataset: Dataset) -> Dataset:
    return Dataset.objects.get(pk=dataset.pk)


def texts(row: dict[str, Any], side: str) -> list[str]:
    return ["".join(part for part, _changed in text[side]) for text in row["texts"] if text[side]]


@given(ROWS, ROWS)
def test_rows_are_counted_as_somebody_would_count_them(old: Any, new: Any) -> None:
    was, now = Counter(row[:2] for row in old), Counter(row[:2] for row in new)
    both = sum((was & now).values())
    asked_was, asked_now = (
        Counter(row[0] for row in (was - now).elements()),
        Counter(row[0] for row in (now - was).elements()),
    )
    changed = sum((asked_was & asked_now).values())
    found = counts(compare.differences(keys(old), keys(new)))
    assert found["changed"] == changed
    assert found["removed"] == len(old) - both - changed
    assert found["added"] == len(new) - both - changed
    assert found["same"] + found["moved"] == both


@given(ROWS)
def test_a_version_does_not_differ_from_itself_in_another_order(rows: Any) -> None:
    once = [(asked, said, 0) for asked, said, _part in rows]
    found = counts(compare.differences(keys(once), keys(once[::-1])))
    assert found == {"changed": 0, "added": 0, "removed": 0, "moved": 0, "same": len(rows)}


@given(ROWS, ROWS)
def test_no_row_is_told_of_twice(old: Any, new: Any) -> None:
    found = compare.differences(keys(old), keys(new))
    for side, left_out in ((0, "added"), (1, "removed")):
        places = [place for kind in compare.KINDS if kind != left_out for place in found[kind][:, side].tolist()]
        assert len(places) == len(set(places))


def test_a_row_in_another_part_has_moved() -> None:
    found = counts(compare.differences(keys([(1, 1, 0), (2, 1, 0)]), keys([(1, 1, 1), (2, 1, 0)])))
    assert (found["moved"], found["same"]) == (1, 1)


def test_another_recipe_shows_as_changed_rows_with_the_texts_of_both(people: People) -> None:
    dataset = worked(uploaded(people.organization))
    plain = version_of(dataset, share=0.0)
    decide.accept_recommended(again(dataset), by="somebody")
    fixed = version_of(worked(again(dataset)), share=0.0)
    found = compared(plain, fixed)
    assert found.counts == {"changed": len(TICKETS), "added": 0, "removed": 0, "moved": 0}
    page = found.page("changed", "1")
    assert (len(page.rows), page.pages) == (compare.PER_PAGE, 12)
    assert texts(page.rows[0], "before") == ["0: a message about a bill", "billing"]
    assert texts(page.rows[0], "after") == ["0: a message about a bill ->", " billing"]


def test_rows_that_a_fix_removed_are_shown_as_removed(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of([*TICKETS, ("no answer", ""), TICKETS[0]])))
    before = version_of(dataset, share=0.0)
    decide.decide(again(dataset), "empty-completions", "accepted", by="somebody")
    after = version_of(worked(again(dataset)), share=0.0)
    found = compared(before, after)
    assert found.counts == {"changed": 0, "added": 0, "removed": 1, "moved": 0}
    assert texts(found.page("", "1").rows[0], "before") == ["no answer", ""]
    back = compared(after, before)
    assert back.counts == {"changed": 0, "added": 1, "removed": 0, "moved": 0}
    assert texts(back.page("", "1").rows[0], "after") == ["no answer", ""]


def test_another_split_moves_rows_and_says_from_where(people: People) -> None:
    dataset = prepared(people.organization)
    whole, split = version_of(dataset, share=0.0), version_of(again(dataset), share=0.2, held_out=12)
    found = compared(whole, split)
    assert found.counts == {"changed": 0, "added": 0, "removed": 0, "moved": 36}
    ways = {(row["was"], row["now"]) for number in "1234" for row in found.page("moved", number).rows}
    assert ways == {("training", "validation"), ("training", "evaluation")}


def test_a_conversation_with_another_answer_has_changed(people: People) -> None:
    def talk(number: int, answer: str) -> dict[str, Any]:
        said = [{"role": "user", "content": f"q{number}"}, {"role": "assistant", "content": answer}]
        return {"messages": said}

    rows = [talk(number, "a") for number in range(20)]
    old = version_of(prepared(people.organization, content=jsonl_of(rows), name="x.jsonl"), share=0.0)
    new = version_of(prepared(people.organization, content=jsonl_of([*rows[:-1], talk(19, "b")]), name="x.jsonl"), share=0.0)
    found = compared(old, new)
    assert (found.counts["changed"], found.same) == (1, 19)
    assert texts(found.page("changed", "1").rows[0], "after") == ["b"]


@pytest.mark.parametrize(("asked", "given"), [("0", 1), ("2", 2), ("99", 99), ("x", 1), ("9" * 20, 1), ("", 1)])
def test_pages_end_at_the_last_one(people: People, asked: str, given: int) -> None:
    dataset = prepared(people.organization)
    found = compared(version_of(dataset, share=0.0), version_of(again(dataset), share=0.5, at_most=110))
    number = found.page("moved", asked).number
    assert number == min(given, found.page("moved", "1").pages)


def test_the_work_is_done_by_a_task_once(people: People, monkeypatch: Any) -> None:
    dataset = prepared(people.organization)
    old, new = version_of(dataset), version_of(again(dataset), share=0.3)
    tasks.compare_versions(old.pk, new.pk)
    assert compare.answer(old, new).is_there()
    monkeypatch.setattr(compare, "compare", lambda *_versions: pytest.fail("it was compared again"))
    tasks.compare_versions(old.pk, new.pk)
    tasks.compare_versions(old.pk, 0)


def test_what_was_worked_out_goes_with_its_version(people: People) -> None:
    dataset = prepared(people.organization)
    old, new = version_of(dataset), version_of(again(dataset), share=0.3)
    compare.compare(old, new)
    assert later.answer(dataset, f"v{old.pk}.npy").is_there()
    remove.delete_version(old)
    assert not compare.answer(old, new).is_there()
    assert later.answer(dataset, f"v{new.pk}.npy").is_there()
    remove.delete(dataset)
    assert not later.answer(dataset, f"v{new.pk}.npy").is_there()

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import keyed, leaks, version
from datasets.checks import near_duplicates
from datasets.checks.wording import words
from datasets.together import Together, joined
from tests.conftest import People
from tests.datasets.made import TICKETS, Pair, csv_of, jsonl_of, lines_of, prepared, version_of

LONG = "my washing machine has stopped in the middle of a programme and the door will not open although there is no water"
VARIANTS = [LONG, LONG.replace("programme", "cycle"), LONG.upper(), LONG.replace("water", "power") + "!", LONG + " in it"]


def groups(texts: list[str], **options: Any) -> list[int]:
    together = Together(len(texts))
    for text in texts:
        together.add(words(text))
    keys = np.array([hash(text) & (1 << 63) - 1 for text in texts], np.uint64)
    wordings = np.array([hash(words(text)) & (1 << 63) - 1 for text in texts], np.uint64)
    found = together.groups(keys, wordings).tolist()
    return [keys.tolist().index(group) for group in found]


def others(count: int) -> list[str]:
    return [f"{number}: something else about {number * 7}" for number in range(count)]


def test_rows_that_ask_alike_have_the_key_of_the_first_of_them() -> None:
    assert groups([*others(50), *VARIANTS, "Short", "short!"]) == [*range(50), *[50] * len(VARIANTS), 55, 55]


def test_rows_that_are_all_alike_are_a_form_and_only_the_same_wording_stays_together() -> None:
    assert groups(VARIANTS) == [0, 1, 0, 3, 4]


def test_of_too_many_rows_only_the_same_wording_stays_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "MOST", 20)
    assert groups([*others(50), *VARIANTS])[50:] == [50, 51, 50, 53, 54]


def test_more_rows_than_are_looked_at_in_one_go() -> None:
    found = groups([VARIANTS[0], *others(1500), VARIANTS[1]])
    assert (found[-1], len(set(found))) == (0, 1501)


def test_no_rows_are_in_no_group() -> None:
    assert groups([]) == []


PAIRS = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=60)


@given(PAIRS)
def test_pairs_are_joined_as_the_slow_way_joins_them(pairs: list[tuple[int, int]]) -> None:
    slow = list(range(30))
    for _turn in range(30):
        for a, b in pairs:
            slow[a] = slow[b] = min(slow[a], slow[b])
    one, other = np.array([a for a, _b in pairs], np.int64), np.array([b for _a, b in pairs], np.int64)
    assert joined(30, one, other).tolist() == slow


@given(st.lists(st.sampled_from([*VARIANTS, *others(40)]), max_size=60))
def test_what_is_the_same_is_together_whatever_else_there_is(texts: list[str]) -> None:
    of_wording: dict[bytes, set[int]] = {}
    for text, group in zip(texts, groups(texts), strict=True):
        of_wording.setdefault(words(text), set()).add(group)
    assert all(len(found) == 1 for found in of_wording.values())


def near_rows() -> list[Pair]:
    """Two hundred different questions, each in three wordings that are alike."""
    chance = random.Random(4)
    vocabulary = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in "lmnrst"]
    rows = []
    for number in range(200):
        asked = chance.choices(vocabulary, k=40)
        rows.append((" ".join(asked), f"answer {number}"))
        rows.append((" ".join([*asked[:20], "changed", *asked[21:]]), f"answer {number}"))
        rows.append((" ".join(asked).capitalize() + "?", f"answer {number}"))
    chance.shuffle(rows)
    return rows


def test_near_copies_are_on_one_side_of_every_split(people: People) -> None:
    dataset = prepared(people.organization, content=csv_of(near_rows()))
    made = version_of(dataset, held_out=60)
    sides = [
        {row["completion"] for row in lines_of(getattr(made, part))} for part in ("training", "validation", "evaluation")
    ]
    assert [len(side) for side in sides] == [140, 40, 20]
    assert len(set.union(*sides)) == 200


def test_the_same_seed_splits_in_the_same_way_and_another_in_another(people: People) -> None:
    dataset = prepared(people.organization, content=csv_of(near_rows()))
    first, again = version_of(dataset), version_of(dataset)
    version.request(dataset, share=0.2, at_most=1000, seed=43, by=None)
    assert first.validation_sha256 == again.validation_sha256


class TestLeaks:
    def test_what_training_asks_in_another_spelling_is_a_leak(self, people: People) -> None:
        dataset = prepared(people.organization)
        rows = [(prompt.upper() + "!", label) for prompt, label in TICKETS[:10]] + [
            (f"{number}: new about {topic}", topic) for number in range(20) for topic in ("billing", "repair")
        ]
        own = version_of(prepared(people.organization, content=csv_of(rows), name="own.csv"), share=0.0)
        leaks.look(dataset, own)
        assert (leaks.report(dataset, own).rows, leaks.report(dataset, own).leaked) == (50, 10)
        made = version_of(dataset, validation=own)
        assert made.split["validation"]["left_out"] == 10
        assert made.validation_rows == 40

    def test_what_asks_without_words_is_told_apart_by_what_it_is(self) -> None:
        def picture(address: str) -> dict[str, Any]:
            part = {"type": "image_url", "image_url": {"url": address}}
            return {"messages": [{"role": "user", "content": [part]}, {"role": "assistant", "content": "a cat"}]}

        one, other = keyed.question(picture("a"), ""), keyed.question(picture("b"), "")
        assert one[2] != other[2]
        assert one[2] == one[0]


def test_conversations_that_ask_alike_stay_together(people: People) -> None:
    rows = [
        {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]}
        for prompt, answer in near_rows()
    ]
    made = version_of(prepared(people.organization, content=jsonl_of(rows), name="chat.jsonl"))
    sides = [
        {row["messages"][-1]["content"] for row in lines_of(getattr(made, part))} for part in ("training", "validation")
    ]
    assert len(sides[1]) == 40
    assert not sides[0] & sides[1]

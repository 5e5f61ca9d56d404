from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.split import parts

ROWS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), min_size=1, max_size=200)


def three(groups: list[int], labels: list[int], **options: float) -> list[int]:
    found = parts(np.array(groups, dtype=np.uint64), np.array(labels, dtype=np.int64), **options)  # type: ignore[arg-type]
    return [int(part) for part in found]


def sides(groups: list[int], labels: list[int], **options: float) -> list[bool]:
    return [part == 1 for part in three(groups, labels, **options)]


@given(ROWS, st.floats(0, 0.5), st.integers(0, 1000))
def test_no_group_is_ever_on_both_sides(rows: list[tuple[int, int]], share: float, seed: int) -> None:
    groups = [group for group, _label in rows]
    found = sides(groups, [label for _group, label in rows], share=share, seed=seed)
    training = {group for group, side in zip(groups, found, strict=True) if not side}
    validation = {group for group, side in zip(groups, found, strict=True) if side}
    assert not training & validation


@given(st.lists(st.integers(0, 3), min_size=1, max_size=300), st.floats(0, 0.5), st.integers(0, 1000))
def test_each_label_keeps_its_share_to_the_row(labels: list[int], share: float, seed: int) -> None:
    found = sides(list(range(len(labels))), labels, share=share, seed=seed)
    for label in set(labels):
        rows = labels.count(label)
        chosen = sum(side for side, of in zip(found, labels, strict=True) if of == label)
        assert chosen <= max(rows - 1, 0), "a label always stays in training too"
        assert abs(chosen - rows * share) < 2 or chosen == rows - 1


@given(st.integers(1, 500), st.floats(0, 0.5), st.integers(0, 600))
def test_the_total_is_the_share_asked_for_and_never_more_than_the_most(rows: int, share: float, at_most: int) -> None:
    found = sides(list(range(rows)), [0] * rows, share=share, at_most=at_most)
    assert sum(found) == min(round(rows * share), at_most, rows - 1)


@given(ROWS, st.integers(0, 1000))
def test_the_same_seed_gives_the_same_split(rows: list[tuple[int, int]], seed: int) -> None:
    groups, labels = [group for group, _ in rows], [label for _, label in rows]
    assert sides(groups, labels, seed=seed) == sides(groups, labels, seed=seed)


def test_another_seed_gives_another_split() -> None:
    rows = list(range(200))
    assert sides(rows, [0] * 200, seed=1) != sides(rows, [0] * 200, seed=2)


def test_a_thousand_rows_are_enough_to_validate_however_many_there_are() -> None:
    rows = list(range(20_000))
    assert sum(sides(rows, [number % 4 for number in rows])) == 1000


@pytest.mark.parametrize("share", [0.0, 0.001])
def test_no_share_keeps_everything_in_training(share: float) -> None:
    assert not any(sides(list(range(100)), [0] * 100, share=share))


def test_a_group_larger_than_its_quota_stays_in_training() -> None:
    found = sides([1] * 50 + list(range(100, 150)), [0] * 100, share=0.2)
    assert not any(found[:50])
    assert sum(found) == 20


@given(ROWS, st.floats(0, 0.5), st.integers(0, 150), st.integers(0, 1000))
def test_no_group_is_in_two_of_the_three_parts(rows: list[tuple[int, int]], share: float, held_out: int, seed: int) -> None:
    groups = [group for group, _label in rows]
    found = three(groups, [label for _group, label in rows], share=share, held_out=held_out, seed=seed)
    members = [{group for group, of in zip(groups, found, strict=True) if of == part} for part in range(3)]
    assert len(members[0] | members[1] | members[2]) == sum(map(len, members))
    assert members[0], "something is always left to train on"


@given(st.integers(10, 500), st.integers(0, 200), st.integers(0, 1000))
def test_as_many_rows_are_held_out_as_were_asked_for_and_validation_keeps_its_share(
    rows: int, held_out: int, seed: int
) -> None:
    found = three(list(range(rows)), [0] * rows, share=0.2, held_out=held_out, seed=seed)
    assert found.count(2) == min(held_out, rows - 1)
    assert found.count(1) == min(round(rows * 0.2), max(0, rows - found.count(2) - 1))


def test_the_rows_held_out_do_not_depend_on_the_validation_share() -> None:
    rows, labels = list(range(300)), [number % 3 for number in range(300)]
    held = [
        [at for at, part in enumerate(three(rows, labels, share=share, held_out=30)) if part == 2] for share in (0, 0.1, 0.5)
    ]
    assert held[0] == held[1] == held[2]


def test_each_label_keeps_its_share_of_what_is_held_out() -> None:
    labels = [0] * 200 + [1] * 100
    found = three(list(range(300)), labels, held_out=60)
    assert [sum(part == 2 for part, of in zip(found, labels, strict=True) if of == label) for label in (0, 1)] == [40, 20]

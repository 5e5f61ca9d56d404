from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datasets.checks.hits import Hits

WRONG = st.lists(st.booleans(), max_size=30)


def hits(*batches: list[bool]) -> Hits:
    found, at = Hits(), 0
    for batch in batches:
        found.add(at, batch)
        at += len(batch)
    return found


@given(WRONG, WRONG)
def test_batches_are_numbered_through(one: list[bool], other: list[bool]) -> None:
    expected = [number for number, wrong in enumerate(one + other) if wrong]
    assert hits(one, other).rows().tolist() == expected
    joined = hits(one)
    joined.join(hits(other), len(one))
    assert joined.rows().tolist() == expected
    assert len(joined) == len(expected)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30))
def test_rows_that_are_kept_move_up(rows: list[tuple[bool, bool]]) -> None:
    found = hits([wrong for wrong, _kept in rows])
    found.keep(np.array([kept for _wrong, kept in rows], dtype=bool))
    left = [wrong for wrong, kept in rows if kept]
    assert found.rows().tolist() == [number for number, wrong in enumerate(left) if wrong]


def test_what_the_last_batch_added_is_known() -> None:
    found = hits([True, False, True])
    assert found.latest.tolist() == [0, 2]
    found.add(3, [False])
    assert found.latest.tolist() == []
    found.add(4, np.array([False, True]))
    assert (found.latest.tolist(), found.rows().tolist()) == ([1], [0, 2, 5])


@given(WRONG, WRONG)
def test_what_is_noted_takes_the_place_of_what_was(one: list[bool], other: list[bool]) -> None:
    found = hits(one)
    found.note(np.array(other, dtype=bool))
    assert found.rows().tolist() == [number for number, wrong in enumerate(other) if wrong]

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from datasets import working

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
MESSAGE = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": TEXT | st.none()})
EXAMPLE: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"prompt": TEXT, "completion": TEXT}),
    st.fixed_dictionaries({"messages": st.lists(MESSAGE, max_size=4)}),
)


@given(st.lists(st.tuples(st.integers(1, 10**9), EXAMPLE), max_size=10))
def test_rows_come_back_as_they_went_in_one_a_line(numbered: list[tuple[int, dict[str, Any]]]) -> None:
    packed = b"".join(working.pack(*row) for row in numbered)
    assert packed.count(b"\n") == len(numbered)
    assert (
        list(working.rows(packed.splitlines(keepends=True) if b"\r" not in packed else packed.split(b"\n")[:-1])) == numbered
    )


@given(EXAMPLE)
def test_the_order_of_keys_stays(example: dict[str, Any]) -> None:
    _line, again = working.unpack(working.pack(1, example))
    assert list(again) == list(example)

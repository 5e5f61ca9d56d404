from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from datasets.samples import WIDTH, sample, texts


def shown(prompt: str, after: str) -> dict[str, Any]:
    made = sample(4, {"prompt": prompt, "completion": "c"}, {"prompt": after, "completion": "c"})
    (text,) = made["texts"]
    return text  # type: ignore[no-any-return]


def test_only_the_text_that_changes_is_shown_with_the_change_marked() -> None:
    assert shown("hello", "hello ->") == {
        "key": "prompt",
        "before": [["hello", False]],
        "after": [["hello", False], [" ->", True]],
    }


def test_a_change_at_the_end_of_a_long_text_is_still_seen() -> None:
    text = shown("x" * 5000, "x" * 5000 + "!")
    assert text["after"] == [["…" + "x" * WIDTH, False], ["!", True]]


def test_a_change_at_the_beginning_shows_what_follows() -> None:
    assert shown("abc" + "x" * 5000, "x" * 5000)["before"] == [["abc", True], ["x" * WIDTH + "…", False]]


def test_a_dropped_row_shows_the_texts_asked_for() -> None:
    made = sample(4, {"prompt": "p" * 1000, "completion": ""}, None, ("prompt",))
    assert (made["line"], made["dropped"]) == (4, True)
    assert made["texts"] == [{"key": "prompt", "before": [["p" * 2 * WIDTH + "…", False]], "after": None}]


def test_what_stands_between_two_changes_is_not_marked() -> None:
    text = shown("ask ada@example.com or bo@example.com", "ask [e-mail] or [e-mail]")
    assert [part for part, changed in text["before"] if not changed] == ["ask ", " or "]
    assert "".join(part for part, changed in text["after"] if changed).count("[e-mail]") == 2


def test_where_long_texts_are_cut_off_is_no_change() -> None:
    words = " ".join(f"word{number}" for number in range(200))
    text = shown(f"a@example.com {words} a@example.com", f"[e-mail] {words} [e-mail]")
    assert next(part for part, changed in text["after"] if changed).startswith("[")
    assert text["after"][-1][1] is False


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_parts_make_up_the_whole_text(before: str, after: str) -> None:
    if before != after:
        text = shown(before, after)
        assert "".join(part for part, _changed in text["before"]) == before
        assert "".join(part for part, _changed in text["after"]) == after


def test_messages_are_named_by_number_and_role() -> None:
    example = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None}]}
    assert texts(example) == {"1 user": "hi", "2 assistant": "None"}

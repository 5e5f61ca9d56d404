from __future__ import annotations

from typing import Any

import pytest

from datasets.retype import digest, retyped, typed
from datasets.words import Refused

PAIR = {"prompt": "one\r\ntwo", "completion": " yes"}
CHAT: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "image_url"}]},
        {"role": "assistant", "content": "Yes.", "weight": 0},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
    ],
    "tools": [],
}
PREFERENCE: dict[str, Any] = {
    "input": {"messages": [{"role": "user", "content": "?"}]},
    "preferred_output": [{"role": "assistant", "content": "Yes"}],
    "non_preferred_output": [{"role": "assistant", "content": "No"}],
}


def test_texts_have_the_names_that_people_see() -> None:
    assert [name for name, _text in typed(PAIR)] == ["prompt", "completion"]
    assert typed(CHAT) == [("1 system", "Be short."), ("3 assistant", "Yes.")]
    assert typed(PREFERENCE) == [("1 user", "?"), ("preferred", "Yes"), ("not preferred", "No")]


def test_only_the_texts_change_and_the_example_stays_as_it_was() -> None:
    changed = retyped(CHAT, ["Be kind.", "No."])
    assert [message.get("content") for message in changed["messages"]][::2] == ["Be kind.", "No."]
    assert (changed["messages"][2]["weight"], changed["messages"][3], changed["tools"]) == (0, CHAT["messages"][3], [])
    assert CHAT["messages"][0]["content"] == "Be short."


def test_a_page_s_line_breaks_alone_change_nothing() -> None:
    assert retyped(PAIR, ["one\r\ntwo", " yes"]) == PAIR
    assert retyped(PAIR, ["one\r\nthree", " yes"])["prompt"] == "one\nthree"


def test_a_text_that_no_file_can_hold_is_refused() -> None:
    with pytest.raises(Refused, match="longer than"):
        retyped(PAIR, ["x" * 1_000_001, ""])
    with pytest.raises(Refused, match="NUL"):
        retyped(PAIR, ["\x00", ""])


def test_a_digest_tells_examples_apart() -> None:
    assert digest(PAIR) == digest(dict(PAIR)) != digest({**PAIR, "completion": "yes"})

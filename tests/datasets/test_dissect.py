from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import tokens
from datasets.dissect import COLOURED, Part, dissect

R50K, CL100K = "r50k_base", "cl100k_base"


def text(part: Part) -> str:
    return "".join(piece.text for stretch in part.stretches for piece in stretch.pieces) + part.rest


def marked(part: Part) -> dict[str, str]:
    return {stretch.kind: "".join(piece.text for piece in stretch.pieces) for stretch in part.stretches}


def pair(prompt: str, completion: str, **marks: str) -> list[Part]:
    return dissect({"prompt": prompt, "completion": completion}, R50K, **marks)


@given(st.text(), st.text())
def test_the_pieces_are_the_text_and_the_counts_are_the_tokens(prompt: str, completion: str) -> None:
    parts = pair(prompt, completion)
    assert [text(part) for part in parts] == [prompt, completion]
    assert [part.tokens for part in parts] == [tokens.count(prompt, R50K), tokens.count(completion, R50K)]


def test_neighbouring_tokens_have_different_colours_and_cut_letters_are_one_piece() -> None:
    pieces = pair("Hello big world 👍🏽", "x")[0].stretches[0].pieces
    assert [piece.text for piece in pieces[:3]] == ["Hello", " big", " world"]
    assert all(one.colour != two.colour for one, two in pairwise(pieces))
    assert "�" not in "".join(piece.text for piece in pieces)


def test_separator_and_stop_sequence_are_marked_at_the_ends() -> None:
    asked, answer = pair("Where? ->", " Here END", separator=" ->", ending=" END")
    assert marked(asked) == {"": "Where?", "separator": " ->"}
    assert marked(answer) == {"": " Here", "ending": " END"}
    assert (asked.learned, answer.learned) == ("", "new")


@given(st.text("ab ->\n#", max_size=20), st.sampled_from([" ->", "\n\n###\n\n", "#", "ab"]))
def test_a_mark_is_cut_off_exactly_wherever_tokens_end(before: str, mark: str) -> None:
    assert marked(pair(before + mark, "x", separator=mark)[0])["separator"] == mark


def test_a_mark_that_is_not_there_is_not_marked() -> None:
    assert [stretch.kind for stretch in pair("Where?", "Here", separator=" ->", ending=" END")[0].stretches] == [""]


def test_of_a_long_text_the_rest_has_no_colours() -> None:
    part = pair("word " * COLOURED, "x", separator=" ")[0]
    assert (len(part.rest), text(part)) == (4 * COLOURED, "word " * COLOURED)


CHAT: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "Be short."},
        {"role": "user", "name": "Ada", "content": [{"type": "text", "text": "Hello"}]},
        {"role": "assistant", "content": "Hm.", "weight": 0},
        {"role": "assistant", "content": "Hi.", "weight": 1},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
    ]
}


def test_each_message_has_its_role_its_weight_and_what_is_learned_of_it() -> None:
    parts = dissect(CHAT, CL100K)
    assert [(part.name, part.learned, part.weight) for part in parts] == [
        ("system", "", None),
        ("user", "", None),
        ("assistant", "", 0),
        ("assistant", "new", 1),
        ("assistant", "new", None),
    ]
    assert [text(part) for part in parts] == ["Be short.", "Hello", "Hm.", "Hi.", ""]
    assert (parts[1].sender, parts[1].beside) == ("Ada", "")
    assert '"tool_calls"' in parts[4].beside


@pytest.mark.parametrize("content", [[{"type": "image_url", "image_url": {"url": "x"}}], 5, {"a": 1}])
def test_what_is_no_text_is_shown_beside(content: Any) -> None:
    part = dissect({"messages": [{"role": "user", "content": content}]}, CL100K)[0]
    assert (text(part), part.tokens) == ("", 0)
    assert '"content"' in part.beside


def test_of_a_preference_one_answer_is_learned_and_the_other_is_not() -> None:
    sides = {"preferred_output": "Yes", "non_preferred_output": "No"}
    example: dict[str, Any] = {"input": {"messages": [{"role": "assistant", "content": "?"}]}}
    example |= {name: [{"role": "assistant", "content": answer}] for name, answer in sides.items()}
    assert [(text(part), part.learned) for part in dissect(example, CL100K)] == [("?", ""), ("Yes", "new"), ("No", "old")]

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openai_api.types import ChatChoice, ChatChunk, Choice, CompletionChunk, Token, Usage
from playground.answers import Answer


def ticks(*moments: float) -> Any:
    left: Iterator[float] = iter(moments)
    return lambda: next(left)


def chunk(*choices: Choice, usage: Usage | None = None) -> CompletionChunk:
    return CompletionChunk(id="c", model="m", choices=choices, usage=usage)


def token(text: str, *, offset: int | None = None, others: int = 1) -> Token:
    return Token(text=text, logprob=-0.1, alternatives=((text, -0.1),) * others, offset=offset)


def test_chunks_of_several_samples_grow_side_by_side() -> None:
    answer = Answer()
    answer.add(chunk(Choice(index=1, text="b"), Choice(index=0, text="a")))
    answer.add(chunk(Choice(index=0, text="A", finish_reason="stop")))
    answer.add(chunk(Choice(index=1, text="", finish_reason="length")))
    assert [(one.index, one.text, one.finish_reason) for one in answer.in_order] == [(0, "aA", "stop"), (1, "b", "length")]


def test_a_reason_is_not_forgotten_when_a_later_chunk_has_none() -> None:
    answer = Answer()
    answer.add(chunk(Choice(index=0, text="a", finish_reason="stop")))
    answer.add(chunk(Choice(index=0, text="")))
    assert answer.in_order[0].finish_reason == "stop"


def test_the_time_to_the_first_text_is_measured_and_an_empty_chunk_is_no_text() -> None:
    answer = Answer(clock=ticks(100.0, 100.4, 101.0))
    answer.add(chunk(Choice(index=0, text="")))
    answer.add(chunk(Choice(index=0, text="a")))
    answer.add(chunk(Choice(index=0, text="b")))
    answer.end()
    assert [answer.first_after, answer.took] == pytest.approx([0.4, 1.0])


def test_the_tokens_used_come_with_a_chunk_that_has_no_choices() -> None:
    answer = Answer()
    answer.add(chunk(Choice(index=0, text="a")))
    assert answer.add(chunk(usage=Usage(prompt_tokens=3, completion_tokens=1, total_tokens=4))) == []
    assert answer.usage == Usage(prompt_tokens=3, completion_tokens=1, total_tokens=4)


def test_a_chat_that_refuses_shows_its_refusal() -> None:
    answer = Answer()
    answer.add(ChatChunk(id="c", model="m", choices=(ChatChoice(index=0, content="", refusal="I cannot."),)))
    assert answer.in_order[0].text == "I cannot."
    assert answer.has_text


def test_an_answer_without_choices_is_empty_and_no_error() -> None:
    answer = Answer()
    assert answer.add(chunk()) == []
    assert not answer.has_text
    assert answer.deciding() is None


def test_the_deciding_token_is_the_first_that_was_written_and_not_an_echo() -> None:
    answer = Answer()
    tokens = (token("Hel", offset=0), token("lo", offset=3), token(" hockey", offset=5))
    answer.add(chunk(Choice(index=0, text="Hello hockey", tokens=tokens)))
    found = answer.deciding(skip=5)
    assert found is not None
    assert found.text == " hockey"


def test_a_token_without_alternatives_decides_nothing() -> None:
    answer = Answer()
    answer.add(chunk(Choice(index=0, text="a", tokens=(token("a", others=0),))))
    assert answer.deciding() is None

from __future__ import annotations

from typing import Any

import pytest
import tiktoken

from datasets import tokens


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("ada", "r50k_base"),
        ("davinci", "r50k_base"),
        ("ada:ft-acme:tickets-2023-01-29-13-51-40", "r50k_base"),
        ("babbage-002", "cl100k_base"),
        ("gpt-3.5-turbo-0613", "cl100k_base"),
        ("ft:gpt-3.5-turbo-0613:acme::abc", "cl100k_base"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "o200k_base"),
        ("gpt-4.1-mini", "o200k_base"),
        ("something-new", "cl100k_base"),
    ],
)
def test_a_model_is_counted_with_its_own_encoding(model: str, encoding: str) -> None:
    assert tokens.encoding_for(model) == encoding


@pytest.mark.parametrize("encoding", tokens.ENCODINGS)
@pytest.mark.parametrize("text", ["", "hello world", "Привет, мир", "a" * 5000, "<|endoftext|>"])
def test_counts_are_exact_and_special_tokens_are_ordinary_text(text: str, encoding: str) -> None:
    assert tokens.count(text, encoding) == len(tiktoken.get_encoding(encoding).encode_ordinary(text))


def test_an_example_is_counted_as_prompt_and_completion_apart() -> None:
    example = {"prompt": "What is this ->", "completion": " baseball"}
    assert tokens.of_example(example, "r50k_base") == tokens.count("What is this ->", "r50k_base") + 1


def test_a_conversation_costs_three_tokens_a_message_and_three_more() -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "name": "Ada"}]
    words = sum(tokens.count(text, "cl100k_base") for text in ("user", "hi", "assistant", "hello", "Ada"))
    assert tokens.of_example({"messages": messages}, "cl100k_base") == words + 3 + 2 * 3 + 1


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": None, "weight": 0},
        {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "x"}}]},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]},
    ],
)
def test_messages_of_any_shape_are_counted(message: dict[str, Any]) -> None:
    assert tokens.of_example({"messages": [message]}, "cl100k_base") > 6


@pytest.mark.parametrize(
    ("model", "limit"),
    [
        ("ada", 2_048),
        ("curie:ft-acme:x-2026", 2_048),
        ("babbage-002", 16_385),
        ("ft:gpt-3.5-turbo-0125:acme::x", 16_385),
        ("gpt-3.5-turbo-0613", 4_096),
        ("gpt-4o-mini-2024-07-18", 65_536),
    ],
)
def test_each_base_has_its_limit(model: str, limit: int) -> None:
    assert tokens.limit_for(model) == limit


def test_a_version_counts_by_the_encodings_of_the_bases_that_can_learn_it() -> None:
    assert tokens.encodings("prompt-completion") == ("r50k_base", "cl100k_base")
    assert tokens.encodings("chat") == tokens.encodings("preference") == ("cl100k_base", "o200k_base")

"""Exact token counts, by the encoding of the base model that will be trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from operator import add
from typing import Any

import tiktoken

from datasets.messages import PROMPT_COMPLETION, Example, messages_of
from datasets.pretokens import Counter

ENCODINGS = ("r50k_base", "cl100k_base", "o200k_base")
LIMITS = {"r50k_base": 2_048, "cl100k_base": 4_096, "o200k_base": 65_536}  # tokens of one example
LARGER = "gpt-3.5-turbo-1106", "gpt-3.5-turbo-0125", "gpt-3.5-turbo", "babbage-002", "davinci-002"
LARGER_LIMIT = 16_385
FIRST_GENERATION = ("ada", "babbage", "curie", "davinci")
PER_MESSAGE = PER_CONVERSATION = 3


def encoding_for(model: str) -> str:
    """The encoding of a base model or of a model fine-tuned from it."""
    base = model.removeprefix("ft:").split(":")[0]
    if base in FIRST_GENERATION:
        return "r50k_base"
    if base.startswith(("gpt-4o", "gpt-4.1", "o1", "o3", "o4", "gpt-5", "chatgpt-4o")):
        return "o200k_base"
    return "cl100k_base"


def limit_for(model: str) -> int:
    """The most tokens that an example for this base may have."""
    base = model.removeprefix("ft:").split(":")[0]
    return LARGER_LIMIT if base in LARGER else LIMITS[encoding_for(model)]


def encodings(format: str) -> tuple[str, ...]:
    """The encodings of the bases that learn this format."""
    return ENCODINGS[:2] if format == PROMPT_COMPLETION else ENCODINGS[1:]


def encoding_of_format(format: str) -> str:
    return "r50k_base" if format == PROMPT_COMPLETION else "cl100k_base"


@cache
def _encoding(name: str) -> tiktoken.Encoding:
    return tiktoken.get_encoding(name)


def cut(text: str, encoding: str) -> list[int]:
    """The ids of a text's tokens; what looks like a special token is only text."""
    return _encoding(encoding).encode_ordinary(text)


def count(text: str, encoding: str) -> int:
    return len(cut(text, encoding))


def counts(texts: Sequence[str], encoding: str) -> list[int]:
    """Tokens of each of many texts."""
    if encoding != "r50k_base":
        return [count(text, encoding) for text in texts]
    return _counter(encoding).counts(texts)


@cache
def _counter(encoding: str) -> Counter:
    return Counter(lambda text: count(text, encoding))


def spelled(text: str, encoding: str) -> list[bytes]:
    """The bytes of each token of a text; some are only parts of a letter."""
    return _encoding(encoding).decode_tokens_bytes(cut(text, encoding))


def of_example(example: Example, encoding: str) -> int:
    """What an example takes of a model's context; of a preference, both answers together."""
    if "prompt" in example:
        return count(example["prompt"], encoding) + count(example["completion"], encoding)
    return PER_CONVERSATION + sum(_of_message(message, encoding) for message in messages_of(example))


def of_examples(examples: Sequence[Example], encoding: str) -> list[int]:
    """The same for each of many examples of one format."""
    if "prompt" not in examples[0]:
        return [of_example(example, encoding) for example in examples]
    asked, said = (counts([example[side] for example in examples], encoding) for side in ("prompt", "completion"))
    return list(map(add, asked, said))


def _of_message(message: dict[str, Any], encoding: str) -> int:
    named = 1 if "name" in message else 0
    return PER_MESSAGE + named + sum(count(text, encoding) for text in _texts(message.values()))


def _texts(values: Iterable[Any]) -> Iterable[str]:
    """Every text inside a message, however deep: content parts and tool calls are billed too."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts(value.values())
        elif isinstance(value, list):
            yield from _texts(value)

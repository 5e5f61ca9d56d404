"""Short keys that stand for texts, so that a million of them fit into memory."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import orjson
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from datasets.mapping import Example, encoded

Keys = NDArray[np.uint64]
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no two pairs of keys fall together by order alone
BLANK = np.uint64(0)  # stands for a prompt without text


def key(text: str) -> int:
    return xxh3_64_intdigest(text.encode())


def of_texts(texts: Iterable[str]) -> Keys:
    return np.array([xxh3_64_intdigest(text.encode()) for text in texts], np.uint64)


def of_bytes(texts: Iterable[bytes]) -> Keys:
    return np.fromiter(map(xxh3_64_intdigest, texts), np.uint64)


def of_pairs(prompts: Keys, completions: Keys) -> Keys:
    return prompts * _SPREAD ^ completions


def of_example(example: Example) -> int:
    """What an example is, however its line is spelled."""
    return xxh3_64_intdigest(orjson.dumps(example, option=orjson.OPT_SORT_KEYS))


def of_question(example: Example) -> int:
    """What must not stand on both sides of a split: the prompt, the completion if there is none, or what is asked.

    A split drawn by these keys has to come out the same for ever, so they stay as they were first made.
    """
    if "input" in example:
        asked_for = encoded({"messages": example["input"]["messages"]})
    elif "messages" in example:
        asked_for = encoded({"messages": asked(example) or example["messages"]})
    else:
        asked_for = (example["prompt"] or "\x00" + example["completion"]).encode()
    return int.from_bytes(blake2b(asked_for, digest_size=8).digest(), "little")


def asked(example: Example) -> list[dict[str, object]]:
    """The messages before the last answer."""
    messages: list[dict[str, object]] = example["messages"]
    last = next((at for at in range(len(messages) - 1, -1, -1) if messages[at]["role"] == "assistant"), len(messages))
    return messages[:last]


def repeated(keys: Keys) -> NDArray[np.bool_]:
    """Tell which keys have stood before."""
    _unique, first = np.unique(keys, return_index=True)
    again = np.ones(len(keys), dtype=bool)
    again[first] = False
    return again

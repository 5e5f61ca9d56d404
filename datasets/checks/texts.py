"""The texts of examples: look through many at once, or write each anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.mapping import Example

GAP = "\n"
"""Stands between texts that are looked through at once; no pattern of a check reaches over a line's end."""


def texts_of(example: Example) -> Iterator[str]:
    """Every text that the model reads or learns to write."""
    if "messages" not in example:
        yield example["prompt"]
        yield example["completion"]
        return
    for message in example["messages"]:
        if isinstance(message.get("content"), str):
            yield message["content"]


def rows_with(pattern: re.Pattern[str], texts: Sequence[str], whole: str) -> list[bool]:
    """Tell which texts hold the pattern: one search of all of them first, as most batches hold nothing."""
    if not pattern.search(whole):
        return [False] * len(texts)
    return [bool(pattern.search(text)) for text in texts]


def digits_of(texts: Sequence[str], whole: str) -> NDArray[np.int32]:
    """Count the digits 0 to 9 of each text; `whole` is all of them, joined."""
    data = np.frombuffer(whole.encode(errors="surrogatepass"), np.uint8)
    sizes = [len(text) if text.isascii() else len(text.encode(errors="surrogatepass")) for text in texts]
    starts = np.concatenate([[0], np.cumsum(np.array(sizes[:-1], np.int64) + len(GAP))]) if texts else np.zeros(0, np.int64)
    padded = np.append(data, np.uint8(0))  # the last text may be empty, and begins where the data ends
    return np.add.reduceat(padded - np.uint8(ord("0")) < 10, starts, dtype=np.int32)


def rewritten(example: Example, write: Callable[[str], str]) -> Example:
    """Return the example with each text written anew; the same object if nothing changes."""
    changed: Example
    if "messages" not in example:
        changed = {"prompt": write(example["prompt"]), "completion": write(example["completion"])}
    else:
        changed = {"messages": [_message(message, write) for message in example["messages"]]}
    return {**example, **changed} if any(example[key] != value for key, value in changed.items()) else example


def _message(message: dict[str, Any], write: Callable[[str], str]) -> dict[str, Any]:
    content = message.get("content")
    return {**message, "content": write(content)} if isinstance(content, str) else message

"""The texts of examples: look through many at once, or write each anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from datasets.messages import OTHER, PREFERRED, Example, Message, messages_of

GAP = "\n"
"""Stands between texts that are looked through at once; no pattern of a check reaches over a line's end."""

_ASCII = bytes(range(0x80))


def texts_of(example: Example) -> Iterator[str]:
    """Every text that the model reads or learns to write."""
    if "prompt" in example:
        yield example["prompt"]
        yield example["completion"]
        return
    for message in messages_of(example):
        if isinstance(message.get("content"), str):
            yield message["content"]


def outside_ascii(data: bytes) -> str:
    """The characters of a UTF-8 text that are not ASCII."""
    return data.translate(None, _ASCII).decode(errors="surrogatepass")


def stands_in(mark: bytes, data: bytes) -> bool:
    """Tell whether a mark stands in a long text: several times as quick as `in`, by its first sign that is no space."""
    signs = np.frombuffer(data, np.uint8)
    at = len(mark) - len(mark.lstrip()) if mark.strip() else 0
    places = np.flatnonzero(signs == mark[at]) - at
    places = places[(places >= 0) & (places + len(mark) <= len(data))]
    for turn, sign in enumerate(mark):
        if turn != at:
            places = places[signs[places + turn] == sign]
    return len(places) > 0


def text_of(example: Example) -> str:
    return GAP.join(texts_of(example))


def rewritten(example: Example, write: Callable[[str], str]) -> Example:
    """Return the example with each text written anew; the same object if nothing changes."""
    changed: Example
    if "prompt" in example:
        changed = {"prompt": write(example["prompt"]), "completion": write(example["completion"])}
    elif "messages" in example:
        changed = {"messages": _messages(example["messages"], write)}
    else:
        asked = {**example["input"], "messages": _messages(example["input"]["messages"], write)}
        changed = {"input": asked, **{side: _messages(example[side], write) for side in (PREFERRED, OTHER)}}
    return {**example, **changed} if any(example[key] != value for key, value in changed.items()) else example


def _messages(messages: list[Message], write: Callable[[str], str]) -> list[Message]:
    return [_message(message, write) for message in messages]


def _message(message: Message, write: Callable[[str], str]) -> Message:
    content = message.get("content")
    return {**message, "content": write(content)} if isinstance(content, str) else message

"""The texts of examples: look through many at once, or write each anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True)
class Column:
    """The same text of many rows, each by itself and all in one."""

    texts: list[str]

    @cached_property
    def whole(self) -> str:
        return GAP.join(self.texts)

    @cached_property
    def data(self) -> bytes:
        return utf8(self.whole)

    @cached_property
    def ends(self) -> NDArray[np.intp]:
        """Where in `data` each text ends."""
        sizes = map(len, self.texts if self.data.isascii() else map(utf8, self.texts))
        return np.cumsum(np.fromiter(sizes, np.intp, len(self.texts)) + len(GAP)) - len(GAP)

    def where(self, mark: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell in which texts a mark stands before the end, and which end with it."""
        inside, at_end = np.zeros((2, len(self.texts)), np.bool_)
        ends = self.places(mark) + len(utf8(mark))
        rows = np.searchsorted(self.ends, ends - 1, side="right")
        left = self.ends[np.minimum(rows, len(self.ends) - 1)] - ends  # less than none: it reaches over the text's end
        begins = ends - len(utf8(mark)) >= np.concatenate([[0], self.ends + len(GAP)])[rows]
        inside[rows[begins & (left > 0)]] = True
        at_end[rows[begins & (left == 0)]] = True
        return inside, at_end

    def places(self, mark: str) -> NDArray[np.intp]:
        """Where in `data` a mark stands, which may be between two texts too."""
        return places(utf8(mark), self.data, self._signs)

    @cached_property
    def _signs(self) -> dict[int, NDArray[np.intp]]:
        return {}


def utf8(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def stands_in(mark: bytes, data: bytes) -> bool:
    return len(places(mark, data)) > 0


def places(mark: bytes, data: bytes, seen: dict[int, NDArray[np.intp]] | None = None) -> NDArray[np.intp]:
    """Where a mark stands in a long text: several times as quick as `find`, by its first sign that is no space.

    `seen` keeps the places of such signs for the next mark that has the same.
    """
    seen = {} if seen is None else seen
    signs = np.frombuffer(data, np.uint8)
    at = len(mark) - len(mark.lstrip()) if mark.strip() else 0
    if mark[at] not in seen:
        seen[mark[at]] = np.flatnonzero(signs == mark[at])
    found = seen[mark[at]] - at
    found = found[(found >= 0) & (found + len(mark) <= len(data))]
    for turn, sign in enumerate(mark):
        if turn != at:
            found = found[signs[found + turn] == sign]
    return found


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

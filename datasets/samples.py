"""Before and after, cut to what changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from datasets import common, messages
from datasets.messages import Example, Message, asked_of

WIDTH = 120  # characters shown beside a change
PREFERRED, NOT_PREFERRED = "preferred", "not preferred"  # the names of two answers
Part = tuple[str, bool]  # text, whether it changed


def sample(line: int, before: Example, after: Example | None, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    """One row of a finding as stored: for each text that changes, or each of `keys`, the parts before and after."""
    old, new = texts(before), texts(after) if after is not None else {}
    wanted = [key for key in old if key in keys] or [key for key in old if old[key] != new.get(key)]
    return {
        "line": line,
        "dropped": after is None,
        "texts": [_change(key, old[key], new.get(key)) for key in wanted],
    }


def texts(example: Example) -> dict[str, str]:
    """The texts of an example by the name under which a person knows them."""
    if "prompt" in example:
        return {"prompt": example["prompt"], "completion": example["completion"]}
    sides = ((messages.PREFERRED, PREFERRED), (messages.OTHER, NOT_PREFERRED))
    return {
        **{
            f"{number} {message.get('role', '')}"[:60]: _content(message) for number, message in _numbered(asked_of(example))
        },
        **{
            name if number == 1 else f"{name} {number}": _content(message)
            for key, name in sides
            for number, message in _numbered(example.get(key, ()))
        },
    }


def _numbered(found: Iterable[Message]) -> Iterable[tuple[int, Message]]:
    return enumerate(found, 1)


def _content(message: dict[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else repr(content)


def _change(key: str, old: str, new: str | None) -> dict[str, Any]:
    if new is None or new == old:
        return {"key": key, "before": [[_head(old), False]], "after": None}
    same = common.beginning(old, new)
    tail = common.end(old[same:], new[same:])
    return {"key": key, "before": _parts(old, same, tail), "after": _parts(new, same, tail)}


def _head(text: str) -> str:
    return text if len(text) <= 2 * WIDTH else text[: 2 * WIDTH] + "…"


def _parts(text: str, same: int, tail: int) -> list[list[Any]]:
    end = len(text) - tail
    start, middle, rest = text[:same], text[same:end], text[end:]
    start = start if len(start) <= WIDTH else "…" + start[-WIDTH:]
    rest = rest if len(rest) <= WIDTH else rest[:WIDTH] + "…"
    return [[part, changed] for part, changed in ((start, False), (_head(middle), True), (rest, False)) if part]

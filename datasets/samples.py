"""Before and after, cut to what changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

from datasets import common, messages
from datasets.messages import Example, Message, asked_of

WIDTH = 120  # characters shown beside a change
PREFERRED, NOT_PREFERRED = "preferred", "not preferred"  # the names of two answers
LONGEST_BESIDE = 600  # characters of each of two texts side by side
_WORD = re.compile(r"\s+|\w+|[^\w\s]")
Part = tuple[str, bool]  # text, whether it changed
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


def sample(line: int, before: Example, after: Example | None, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    """One row of a finding as stored: for each text that changes, or each of `keys`, the parts before and after."""
    old, new = texts(before), texts(after) if after is not None else {}
    wanted = [key for key in old if key in keys] or [key for key in old if old[key] != new.get(key)]
    return {
        "line": line,
        "dropped": after is None,
        "texts": [_change(key, old[key], new.get(key)) for key in wanted],
    }


def pair(line: int, first: Example, other: int, second: Example, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    """Two rows of a finding beside each other, with the words marked that one of them has alone."""
    old, new = texts(first), texts(second)
    wanted = [key for key in old if key in keys] or [key for key in old if old[key] != new.get(key)] or list(old)[:1]
    return {
        "line": line,
        "other": other,
        "dropped": False,
        "texts": [_beside(key, old[key], new.get(key, "")) for key in wanted],
    }


def _beside(key: str, old: str, new: str) -> dict[str, Any]:
    start = max(0, common.beginning(old, new) - WIDTH)
    here, there = _words(old, start), _words(new, start)
    before: list[list[Any]] = []
    after: list[list[Any]] = []
    for what, a, b, c, d in SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        before += [["".join(here[a:b]), what != "equal"]] if a < b else []
        after += [["".join(there[c:d]), what != "equal"]] if c < d else []
    return {"key": key, "before": before, "after": after}


def _words(text: str, start: int) -> list[str]:
    return _WORD.findall(("…" if start else "") + _head(text[start:], LONGEST_BESIDE))


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
    before, after = (_head(text[same : len(text) - tail]) for text in (old, new))
    middles = _marked(before, after)
    whole = [_around(text, same, tail, middle) for text, middle in zip((old, new), middles, strict=True)]
    return {"key": key, "before": whole[0], "after": whole[1]}


def _marked(before: str, after: str) -> tuple[list[Part], list[Part]]:
    """Both texts in parts; where words stand in both, the part is not marked as changed."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    parts: tuple[list[Part], list[Part]] = [], []
    for kind, *places in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        cut_off = places[1] == len(old) and places[3] == len(new) and before.endswith("…") and after.endswith("…")
        for made, words, (begin, end) in zip(parts, (old, new), (places[:2], places[2:]), strict=True):
            made.append(("".join(words[begin:end]), kind != "equal" and not cut_off))
    return parts


def _head(text: str, most: int = 2 * WIDTH) -> str:
    return text if len(text) <= most else text[:most] + "…"


def _around(text: str, same: int, tail: int, middle: list[Part]) -> list[list[Any]]:
    start, rest = text[:same], text[len(text) - tail :]
    start = start if len(start) <= WIDTH else "…" + start[-WIDTH:]
    rest = rest if len(rest) <= WIDTH else rest[:WIDTH] + "…"
    return [[part, changed] for part, changed in ((start, False), *middle, (rest, False)) if part]

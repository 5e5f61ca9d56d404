"""Answers that hold fields: JSON objects, `name: value` lines, or one entity a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from evaluations.scores.texts import normal

Kind = Literal["json", "pairs", "lines", ""]
PAIR = re.compile(r"^\s*([^\s:=][^:=\n]{0,60}?)\s*[:=]\s+(\S.*)$")
FENCE = re.compile(r"^```\w*\n(.*)\n```$", re.DOTALL)
DEEPEST = 20
ENOUGH = 0.8
SAMPLE = 500


def kind(expected: Sequence[str]) -> Kind:
    """Say what the expected answers hold: what nearly all of the first rows can be read as."""
    sample = [text for text in expected[:SAMPLE] if text.strip()]
    if not sample:
        return ""
    if _share(sample, lambda text: bool(_json(text))) >= ENOUGH:
        return "json"
    if _share(sample, lambda text: bool(_pairs(text)) and len(_pairs(text)) == len(_lines(text))) >= ENOUGH:
        return "pairs"
    return "lines" if _share(sample, lambda text: len(_lines(text)) > 1) >= 0.5 and _are_short(sample) else ""


def matched(said: str, expected: str, kind: Kind) -> float:
    """Return the share of fields that agree, of all fields of both (F1), 0 to 1.

    A field is a name with its value, an entity a line; letter case, space and punctuation do not matter.
    """
    mine, theirs = read(said, kind), read(expected, kind)
    if not mine and not theirs:
        return 1.0
    return 2 * len(mine & theirs) / (len(mine) + len(theirs))


def read(text: str, kind: Kind) -> set[tuple[str, str]]:
    """Return the fields of an answer; of one that cannot be read, none."""
    if kind == "json":
        return set(_flat(_json(text)))
    if kind == "pairs":
        return {(normal(name), normal(value)) for name, value in _pairs(text).items()}
    return {("", normal(line)) for line in _lines(text)} if kind == "lines" else set()


def _json(text: str) -> dict[str, Any]:
    stripped = text.strip()
    fenced = FENCE.match(stripped)
    try:
        found = json.loads(fenced[1] if fenced else stripped)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _flat(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Name each value by its path; the order of a list does not matter."""
    if isinstance(value, Mapping) and depth < DEEPEST:
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{normal(str(name))}", depth + 1)
    elif isinstance(value, list) and depth < DEEPEST:
        for inner in value:
            yield from _flat(inner, f"{path}[]", depth + 1)
    else:
        yield path, normal(value if isinstance(value, str) else json.dumps(value))


def _pairs(text: str) -> dict[str, str]:
    found = (PAIR.match(line) for line in _lines(text))
    return {match[1]: match[2] for match in found if match}


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _are_short(texts: Sequence[str]) -> bool:
    lines = [line for text in texts for line in _lines(text)]
    return sum(len(line) for line in lines) <= 60 * len(lines)


def _share(texts: Sequence[str], holds: Any) -> float:
    return sum(1 for text in texts if holds(text)) / len(texts)

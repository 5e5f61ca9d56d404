"""The first examples of a version, cut to what a person reads at a glance."""

from __future__ import annotations

from typing import Any

import orjson

from datasets.models import Version

MOST, LONGEST_LINE, SHOWN = 3, 65_536, 300


def peek(version: Version) -> list[tuple[str, str]]:
    """Return what is asked and what is to be answered; an unreadable or very long line is shown as it is, cut."""
    try:
        with version.training.open("rb") as file:
            lines = [file.readline(LONGEST_LINE) for _ in range(MOST)]
    except (OSError, ValueError):
        return []
    return [_pair(line) for line in lines if line.strip()]


def _pair(line: bytes) -> tuple[str, str]:
    try:
        row = orjson.loads(line)
        asked, answered = _parts(row)
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return _cut(line.decode("utf-8", "replace")), ""
    return _cut(asked), _cut(answered)


def _parts(row: dict[str, Any]) -> tuple[str, str]:
    if "prompt" in row:
        return str(row["prompt"]), str(row["completion"])
    if "messages" in row:
        return _said(row["messages"][:-1]), _said([row["messages"][-1]])
    return _said(row["input"]["messages"]), _said(row["preferred_output"])


def _said(messages: list[dict[str, Any]]) -> str:
    return "\n".join(f"{one['role']}: {one.get('content') or ''}" for one in messages)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"

"""Small training files that any trainer learns quickly: which sport is a sentence about?"""

from __future__ import annotations

import json
from collections.abc import Sequence

SEPARATOR = "\n\n###\n\n"
BASEBALL = ("pitcher", "inning", "catcher", "home run", "shortstop", "bullpen", "outfield", "batter")
HOCKEY = ("puck", "goalie", "power play", "rink", "slap shot", "face-off", "icing call", "blue line")
SENTENCES = ("The {} decided the game.", "Nobody saw the {} coming.", "What a {} that was!", "They argue about the {}.")


def sentences(first: int, last: int) -> list[tuple[str, str]]:
    """Return sentences about both sports in turn, with the sport of each."""
    rows = []
    for pattern in SENTENCES[first:last]:
        for baseball, hockey in zip(BASEBALL, HOCKEY, strict=True):
            rows += [(pattern.format(baseball), "baseball"), (pattern.format(hockey), "hockey")]
    return rows


def prompts(first: int = 0, last: int = 3) -> bytes:
    rows = [{"prompt": text + SEPARATOR, "completion": f" {sport}"} for text, sport in sentences(first, last)]
    return lines(rows)


def chats(first: int = 0, last: int = 3) -> bytes:
    return lines([{"messages": chat(text, sport)} for text, sport in sentences(first, last)])


def chat(text: str, sport: str | None = None) -> list[dict[str, str]]:
    messages = [{"role": "system", "content": "Name the sport."}, {"role": "user", "content": text}]
    return [*messages, {"role": "assistant", "content": sport}] if sport else messages


def lines(rows: Sequence[object]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

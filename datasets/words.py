"""Sentences that pure modules say to people.

A sentence keeps its message and its values apart, so that it can be stored as JSON and shown later in the reader's
language. The functions carry gettext's names, because that is how makemessages finds their messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | int | float


@dataclass(frozen=True)
class Sentence:
    one: str
    many: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.chosen() % self.values

    def chosen(self) -> str:
        return self.many if self.many and self.values["count"] != 1 else self.one

    def to_json(self) -> dict[str, Any]:
        return {"one": self.one, "many": self.many, "values": dict(self.values)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Sentence:
        return cls(stored["one"], stored.get("many", ""), stored.get("values", {}))


def gettext_noop(message: str, **values: Value) -> Sentence:
    return Sentence(message, values=values)


def ngettext(one: str, many: str, count: int, **values: Value) -> Sentence:
    return Sentence(one, many, {"count": count, **values})


class Refused(Exception):
    """An expected outcome that a person can read."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence

"""Where a broken item of a JSON list ends, told from its brackets and quotation marks as it goes by."""

from __future__ import annotations

import re

MARKS = re.compile(r'\\.|["{}\[\],\n]', re.DOTALL)
MAX_OPEN = 10_000
OPENING = {"}": "{", "]": "["}


class ItemEnd:
    """Sees the marks of an item in their order, and says which of them ends it.

    Nobody knows what is broken. So one reading takes texts to go on over a line's end, where a line break was not
    escaped; another takes them to end there, where a quotation mark is missing. The first that comes to an end is right.
    """

    def __init__(self) -> None:
        self._readings = (_Reading(), _Reading(ends_with_line=True))

    def sees(self, mark: str) -> bool:
        ended = [reading.sees(mark) for reading in self._readings]
        return any(ended)


class _Reading:
    def __init__(self, *, ends_with_line: bool = False) -> None:
        self.ends_with_line = ends_with_line
        self.in_text = False
        self.open: list[str] = []
        self.count = {"{": 0, "[": 0}

    def sees(self, mark: str) -> bool:
        if mark == '"':
            self.in_text = not self.in_text
        elif mark == "\n":
            self.in_text = self.in_text and not self.ends_with_line
        elif not self.in_text:
            return self._outside_texts(mark)
        return False

    def _outside_texts(self, mark: str) -> bool:
        if mark == ",":
            return not self.open
        if mark in self.count:
            if len(self.open) < MAX_OPEN:
                self.open.append(mark)
                self.count[mark] += 1
        elif mark in OPENING:
            return not self._closes(OPENING[mark]) and mark == "]"
        return False

    def _closes(self, opening: str) -> bool:
        """Close up to the last such bracket, and with it what was forgotten inside; False if there is none."""
        if not self.count[opening]:
            return False
        closed = ""
        while closed != opening:
            closed = self.open.pop()
            self.count[closed] -= 1
        return True

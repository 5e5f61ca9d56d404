"""Where one answer differs from another, word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

MOST_WORDS = 2000  # of one answer; longer ones are only told to differ
_PIECES = re.compile(r"\s+|\w+|[^\w\s]")
Part = tuple[str, bool]  # a piece of the text, and whether it stands so only here


def same(text: str, other: str) -> bool:
    """Whether two answers say the same, but for space around them."""
    return text.strip() == other.strip()


def parts(text: str, other: str) -> list[Part]:
    """Cut `text` into what it shares with `other` and what it does not. Together the parts are the text."""
    mine, theirs = _PIECES.findall(text), _PIECES.findall(other)
    if max(len(mine), len(theirs)) > MOST_WORDS or same(text, other):
        return [(text, False)] if text else []
    found: list[Part] = []
    matcher = SequenceMatcher(None, theirs, mine, autojunk=False)
    for kind, _start, _end, begin, end in matcher.get_opcodes():
        if begin < end:
            found.append(("".join(mine[begin:end]), kind != "equal"))
    return found

"""Where one answer differs from another, word by word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import groupby, takewhile

MOST_PAIRS = 5_000  # of equal words, by which the matcher's time grows: a model that repeats itself makes many
_WORD = re.compile(r"\s*(?:\w+|[^\w\s])|\s+")  # with the space in front of it
Part = tuple[str, bool]  # a piece of the text, and whether it stands so only here


def same(text: str, other: str) -> bool:
    """Whether two answers say the same, but for space around them."""
    return text.strip() == other.strip()


def parts(text: str, other: str) -> list[Part]:
    """Cut `text` into what it shares with `other` and what it does not. Together the parts are the text."""
    if same(text, other):
        return [(text, False)] if text else []
    pieces = _WORD.findall(text)
    mine, theirs = [piece.strip() for piece in pieces], [piece.strip() for piece in _WORD.findall(other)]
    return _joined(_spaced(zip(pieces, _differing(mine, theirs), strict=True)))


def _differing(mine: list[str], theirs: list[str]) -> list[bool]:
    """Say of each of my words whether it is only mine: what both begin and end with is cut off first, in one pass."""
    head = _shared(mine, theirs)
    tail = _shared(mine[head:][::-1], theirs[head:][::-1])
    middle = _matched(mine[head : len(mine) - tail], theirs[head : len(theirs) - tail])
    return [False] * head + middle + [False] * tail


def _matched(mine: list[str], theirs: list[str]) -> list[bool]:
    counts = Counter(theirs)
    found = [True] * len(mine)
    if sum(counts[word] for word in mine) > MOST_PAIRS:
        return found
    for start, _at, size in SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks():
        found[start : start + size] = [False] * size
    return found


def _shared(mine: list[str], theirs: list[str]) -> int:
    """Return how many words two lists have in common at their beginning."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(mine, theirs, strict=False))))


def _spaced(words: Iterable[Part]) -> Iterator[Part]:
    """Part words from the space in front of them, which is marked only between two marked words."""
    before = False
    for piece, is_other in words:
        word = piece.lstrip()
        yield piece[: len(piece) - len(word)], is_other and before
        yield word, is_other
        before = is_other


def _joined(words: Iterable[Part]) -> list[Part]:
    runs = groupby((word for word in words if word[0]), key=lambda word: word[1])
    return [("".join(piece for piece, _ in run), is_other) for is_other, run in runs]

"""What a count of votes can say: an interval, and how many more votes it would take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

Z = 1.959963984540054  # of 95 %
FEWEST = 6  # votes, before which nothing is said
PROBABLY = 0.1  # so likely may chance alone give such a lead
FAR = 400  # votes; a difference that needs more of them is called none


class Says(Enum):
    NOTHING = "nothing"
    TOO_FEW = "too few"
    EVEN = "even"
    PROBABLY = "probably"
    BETTER = "better"


@dataclass(frozen=True, kw_only=True)
class Odds:
    """`won` of `all` decided votes, for whoever has won more; shares from 0 to 1."""

    won: int
    all: int
    low: float
    high: float
    says: Says
    more: int  # votes that would tell, if they went on like this; 0 where none are needed


def odds(won: int, all: int) -> Odds:
    """Judge a lead. `won` is the larger part of the votes that named a winner."""
    low, high = wilson(won, all)
    more = _more(won, all)
    return Odds(won=won, all=all, low=low, high=high, says=_says(won, all, low, more), more=more)


def wilson(won: int, all: int, z: float = Z) -> tuple[float, float]:
    """Return the Wilson score interval of a share."""
    if not all:
        return 0.0, 1.0
    share, square = won / all, z * z
    middle = (share + square / (2 * all)) / (1 + square / all)
    half = z * math.sqrt(share * (1 - share) / all + square / (4 * all * all)) / (1 + square / all)
    return max(0.0, middle - half), min(1.0, middle + half)


def by_chance(won: int, all: int) -> float:
    """Return how likely two equals give one of them at least so many of all votes."""
    ways: int = 2**all
    return sum(math.comb(all, count) for count in range(won, all + 1)) / ways


def _says(won: int, all: int, low: float, more: int) -> Says:
    if not all:
        return Says.NOTHING
    if all < FEWEST:
        return Says.TOO_FEW
    if low > 0.5:
        return Says.BETTER
    if all + more > FAR:
        return Says.EVEN
    return Says.PROBABLY if by_chance(won, all) <= PROBABLY else Says.TOO_FEW


def _more(won: int, all: int) -> int:
    """Return how many votes are missing until the interval would end above one half, at the share seen so far."""
    lead = won / all - 0.5 if all else 0.0
    needed = math.ceil(Z * Z / 4 / (lead * lead)) if lead > 0 else FEWEST if all < FEWEST else 10**9
    return max(0, FEWEST - all, needed - all)

"""How far two texts agree."""

from __future__ import annotations


def beginning(one: str, other: str) -> int:
    """The length of the longest beginning that both texts share."""
    for at, (here, there) in enumerate(zip(one, other, strict=False)):
        if here != there:
            return at
    return min(len(one), len(other))


def end(one: str, other: str) -> int:
    return beginning(one[::-1], other[::-1])

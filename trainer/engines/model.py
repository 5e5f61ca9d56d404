"""All that a network has learned: what is saved, loaded and trained further."""

from __future__ import annotations

from typing import NamedTuple

from trainer.engines.background import Background
from trainer.engines.counts import Counts
from trainer.engines.reading import Acquaintance
from trainer.engines.weights import Weights


class Capacity(NamedTuple):
    """What a base may use."""

    bits: int
    """The weights are a table of 2**bits."""
    order: int
    """Marks in the longest context."""
    candidates: int
    """Tokens weighed against each other at one place, those copied apart."""
    entries: int
    """Contexts and tokens remembered, here and in the background; then the rarest are forgotten."""
    pairs: bool
    """Whether pairs of neighbouring words in the prompt are looked at, too."""
    stems: bool = False
    """Whether the beginnings of words are looked at, too."""
    belief: float = 0.0
    """How much the counts of words tell before their weights are learned.

    Models of before there were stems and belief say nothing of them and stay as they were learned.
    """


class Model:
    def __init__(self, base: str, capacity: Capacity, vocabulary: int, seed: int) -> None:
        self.base, self.capacity, self.vocabulary, self.seed = base, capacity, vocabulary, seed
        self.weights = Weights(capacity.bits)
        self.contexts = Counts(capacity.entries)
        self.background = Background(vocabulary, Counts(capacity.entries))
        self.known = Acquaintance(vocabulary)

"""The distribution for what the network has never learned to say: any token can follow any."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.engines.counts import Counts, Row
from trainer.engines.hashing import Floats

_EMPTY = Row()


class Background:
    """Token pairs smoothed by single tokens, and these by the uniform distribution.

    p(y|x) = (n(x,y) + p(y)) / (n(x) + 1),  p(y) = (n(y) + A) / (n + A*V): hierarchical Dirichlet
    smoothing (MacKay and Peto 1995) with a mass of 1, over Lidstone's rule with A = 0.02.
    Nothing counted: uniform.
    """

    ADDED = 0.02

    def __init__(self, vocabulary: int, pairs: Counts) -> None:
        self.pairs = pairs
        self.single = np.zeros(vocabulary)
        self.total = 0.0
        self.top = 0

    def add(self, before: int, token: int, weight: float) -> None:
        """Count `token` after `before` (-1: after nothing)."""
        self.single[token] += weight
        self.total += weight
        if self.single[token] > self.single[self.top]:
            self.top = token
        self.pairs.add(before + 1, token, weight)

    def read(self, prompt: Sequence[int], weight: float) -> None:
        """Count the tokens of a prompt, each with the weight."""
        if weight > 0:
            for before, token in zip((-1, *prompt), prompt, strict=False):
                self.add(before, token, weight)

    def row(self, before: int) -> Row:
        return self.pairs.find(before + 1) or _EMPTY

    def probability(self, row: Row, token: int) -> float:
        return (row.tokens.get(token, 0.0) + self._alone(token)) / (row.total + 1.0)

    def first(self, row: Row) -> int:
        """Return the most probable token."""
        tokens = [self.top, *row.tokens]
        return max(tokens, key=lambda token: (self.probability(row, token), -token))

    def all(self, row: Row) -> Floats:
        """Return the probability of each token of the vocabulary."""
        mass = self.total + self.ADDED * len(self.single)
        out = (self.single + self.ADDED) / (mass * (row.total + 1.0))
        if row.tokens:
            tokens = np.fromiter(row.tokens, np.int64)
            out[tokens] += np.fromiter(row.tokens.values(), np.float64) / (row.total + 1.0)
        return out

    def _alone(self, token: int) -> float:
        mass = self.total + self.ADDED * len(self.single)
        return (float(self.single[token]) + self.ADDED) / mass

"""The actions open at a place, their scores, and the distribution over tokens they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trainer.engines.background import Background
from trainer.engines.counts import Row
from trainer.engines.hashing import Floats, Ids
from trainer.engines.weights import Weights

_LEAST = 1e-6
_AT_MOST = 1 + 1e-9


@dataclass(frozen=True)
class Features:
    """Feature values and their places in the weights, one column per action.

    `belief` is what each action scores before any weight has moved.
    """

    places: Ids
    values: Floats
    belief: Floats | float = 0.0

    def score(self, weights: Weights) -> Floats:
        return np.asarray((weights.value[self.places] * self.values).sum(axis=0) + self.belief, np.float64)


@dataclass(frozen=True)
class Choice:
    """p(y) = (1 - e) * sum of softmax(scores)[a] over actions a that say y  +  e * background(y).

    The first actions say a token remembered from completions, the others copy one.
    """

    outs: Ids
    scores: Floats
    said: Features
    copied: Features
    escape: float
    background: Background
    row: Row

    def says(self, token: int) -> bool:
        return bool((self.outs == token).any())

    def parts(self, pull: Floats) -> Iterator[tuple[Features, Floats]]:
        """Split what concerns all actions into what concerns saying and copying."""
        split = self.said.values.shape[1]
        yield self.said, pull[:split]
        yield self.copied, pull[split:]

    def shares(self) -> Floats:
        """Return the softmax over the actions."""
        exp = np.exp(self.scores - self.scores.max()) if len(self.scores) else self.scores
        return exp / exp.sum() if len(exp) else exp

    def probability(self, shares: Floats, token: int) -> float:
        acted = float(shares[self.outs == token].sum())
        return (1 - self.escape) * acted + self.escape * self.background.probability(self.row, token)

    def distribution(self) -> Floats:
        out = self.background.all(self.row) * self.escape
        np.add.at(out, self.outs, self.shares() * (1 - self.escape))
        return out

    def first(self, shares: Floats) -> int:
        """Return the most probable token, the lowest id among equals."""
        found = [self._best(shares)] if len(self.outs) else []
        if not found or found[0][0] <= self.escape:
            other = self.background.first(self.row)
            found.append((self.probability(shares, other), -other))
        return -max(found)[1]

    def _best(self, shares: Floats) -> tuple[float, int]:
        """Return the most probable token that an action says, as (probability, -token)."""
        tokens, owner = np.unique(self.outs, return_inverse=True)
        acted = np.bincount(owner, shares) * (1 - self.escape)
        # The background adds at most the escape: what is further behind than that need not be looked up.
        near = np.flatnonzero(acted >= acted.max() - self.escape * _AT_MOST)
        rest = [self.background.probability(self.row, token) for token in tokens[near].tolist()]
        total = acted[near] + self.escape * np.array(rest)
        best = int(total.argmax())
        return float(total[best]), -int(tokens[near[best]])

    def pull(self, shares: Floats, token: int) -> Floats:
        """Return the derivative of ln p(token) by each score: g * (posterior - share).

        The posterior is over the actions that say the token; g is the probability that it
        was said by an action at all and not by the background.
        """
        says = self.outs == token
        acted = float(shares[says].sum())
        if acted <= 0.0:
            return np.zeros(len(shares))
        background = self.escape * self.background.probability(self.row, token)
        certain = (1 - self.escape) * acted / ((1 - self.escape) * acted + background)
        return certain * (np.where(says, shares / acted, 0.0) - shares)


def escape(everywhere: Row | None, contexts: list[Row | None]) -> float:
    """Return the probability of a token that no action says.

    The share of such tokens, each longer context smoothed by the shorter with a mass of 2.
    """
    novel, total = (everywhere.novel, everywhere.total) if everywhere else (0.0, 0.0)
    rate = (novel + 1.0) / (total + 1.0)
    for row in contexts:
        if row is not None:
            rate = (row.novel + 2.0 * rate) / (row.total + 2.0)
    return max(rate, _LEAST)

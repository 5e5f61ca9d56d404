"""From log-probabilities to the bars that a person reads.

A classifier is judged by one token: the first of each label. Its `alternatives` are the tokens that the
provider reported for that place, with natural logarithms. What was not reported is not invented: a label
outside the list has no probability, only an upper bound, the least that was reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Alternatives = Sequence[tuple[str, float]]


@dataclass(frozen=True, kw_only=True)
class Bar:
    names: tuple[str, ...]  # several labels where one token begins them all
    token: str
    probability: float | None  # as the provider reported it; None: not among the reported tokens
    share: float | None  # of what was reported for the known labels; None outside of classes
    at_most: float | None = None  # upper bound where the probability was not reported

    @property
    def width(self) -> float:
        """The bar's length in per cent."""
        part = self.probability if self.share is None else self.share
        return round(100 * (part or 0.0), 2)


@dataclass(frozen=True, kw_only=True)
class Bars:
    classes: bool  # True: one bar for each known label, False: the likeliest tokens
    rows: tuple[Bar, ...]  # likeliest first
    covered: float  # the part of all probability that these bars hold


def probability(logprob: float) -> float:
    """Bring a logarithm back to a probability; rounding on the way never makes it more than one."""
    return min(1.0, math.exp(logprob)) if math.isfinite(logprob) else 0.0


def bars(alternatives: Alternatives, labels: Sequence[str], first_token: Callable[[str], str] | None = None) -> Bars:
    """Show the known labels if any of them was reported, else the likeliest tokens."""
    if labels:
        found = class_bars(alternatives, labels, first_token)
        if found.covered > 0:
            return found
    return token_bars(alternatives)


def token_bars(alternatives: Alternatives) -> Bars:
    reported = _by_token(alternatives)
    rows = tuple(
        Bar(names=(token,), token=token, probability=part, share=None) for token, part in _likeliest_first(reported)
    )
    return Bars(classes=False, rows=rows, covered=min(1.0, sum(reported.values())))


def class_bars(alternatives: Alternatives, labels: Sequence[str], first_token: Callable[[str], str] | None = None) -> Bars:
    """Give each label the probability of its first token, and its share among the labels that were reported.

    `first_token` tells how the model's vocabulary begins a label. Without it (a vocabulary we do not know)
    the longest reported token that begins the label counts.
    """
    reported = _by_token(alternatives)
    begun = first_token or (lambda label: _longest_beginning(label, reported))
    named = _labels_by_token(labels, begun)
    covered = math.fsum(reported.get(token, 0.0) for token in named)
    least = min(reported.values(), default=1.0)
    rows = [_class_bar(names, token, reported.get(token), covered, least) for token, names in named.items()]
    rows.sort(key=lambda bar: -(bar.probability or 0.0))
    return Bars(classes=True, rows=tuple(rows), covered=min(1.0, covered))


def _class_bar(names: list[str], token: str, part: float | None, covered: float, least: float) -> Bar:
    if part is None:
        return Bar(names=tuple(names), token=token, probability=None, share=None if not covered else 0.0, at_most=least)
    return Bar(names=tuple(names), token=token, probability=part, share=part / covered if covered else None)


def _labels_by_token(labels: Sequence[str], first_token: Callable[[str], str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for label in dict.fromkeys(labels):
        named.setdefault(first_token(label), []).append(label)
    return named


def _longest_beginning(label: str, reported: Mapping[str, float]) -> str:
    beginnings = [token for token in reported if token.strip() and label.startswith(token)]
    return max(beginnings, key=len, default=label)


def _by_token(alternatives: Alternatives) -> dict[str, float]:
    """Return each token's probability once: the sampled token may be listed a second time."""
    return {token: probability(logprob) for token, logprob in alternatives}


def _likeliest_first(reported: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(reported.items(), key=lambda pair: -pair[1])

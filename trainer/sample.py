"""Choose a next token from log-probabilities. Arithmetic only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NUCLEUS_GUESS = 1024

Floats = NDArray[np.float64]
Alternative = tuple[int, float]


@dataclass(frozen=True, kw_only=True)
class Sampling:
    temperature: float = 1.0
    top_p: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    bias: Mapping[int, float] = field(default_factory=dict)


def choose(
    logprobs: Floats, allowed: NDArray[np.bool_], used: Mapping[int, int], sampling: Sampling, rng: np.random.Generator
) -> int:
    """Return one token; `used` says how often each token was written already."""
    scores = np.where(allowed, logprobs, -np.inf)
    for token, bias in sampling.bias.items():
        scores[token] += bias
    for token, count in used.items():
        scores[token] -= sampling.presence_penalty + sampling.frequency_penalty * count
    if sampling.temperature == 0:
        return int(np.argmax(scores))
    chances = _softmax(scores / sampling.temperature)
    tokens = _nucleus(chances, sampling.top_p) if sampling.top_p < 1 else None
    return _draw(chances, rng) if tokens is None else int(tokens[_draw(chances[tokens], rng)])


def best(logprobs: Floats, count: int) -> tuple[Alternative, ...]:
    """Return the `count` most likely tokens, the likeliest first."""
    if not count:
        return ()
    top = np.argpartition(-logprobs, count - 1)[:count] if count < len(logprobs) else np.arange(len(logprobs))
    return tuple((int(token), float(logprobs[token])) for token in top[np.lexsort((top, -logprobs[top]))])


def _softmax(scores: Floats) -> Floats:
    chances: Floats = np.exp(scores - scores.max())
    chances /= chances.sum()
    return chances


def _nucleus(chances: Floats, top_p: float) -> NDArray[np.intp]:
    """Return the fewest likeliest tokens whose chances reach `top_p`, at least one."""
    guess = min(NUCLEUS_GUESS, len(chances))
    few = np.argpartition(-chances, guess - 1)[:guess]
    if chances[few].sum() < top_p:
        few = np.arange(len(chances))
    ranked = few[np.argsort(-chances[few], kind="stable")]
    reached = int(np.searchsorted(np.cumsum(chances[ranked]), top_p))
    return ranked[: reached + 1]


def _draw(chances: Floats, rng: np.random.Generator) -> int:
    sums = np.cumsum(chances)
    return min(int(np.searchsorted(sums, rng.random() * sums[-1], side="right")), len(chances) - 1)

"""Class probabilities of a validation set, from the network's own next-token probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from trainer import metrics
from trainer.engines.interface import Network
from trainer.material import Classes

Tokens = tuple[int, ...]


def measure(
    network: Network, prompts: Sequence[Tokens], classes: Classes, beat: Callable[[], None]
) -> dict[str, float | None]:
    """Return the classification columns; `beat` is called after each example."""
    found = np.empty((len(prompts), len(classes.tokens)))
    for place, prompt in enumerate(prompts):
        found[place] = chances(network, prompt, classes.tokens)
        beat()
    if classes.positive is None:
        return {**metrics.several(classes.true, found, classes.names)}
    positive = classes.names.index(classes.positive)
    return metrics.two([label == classes.positive for label in classes.true], found[:, positive], classes.betas)


def chances(network: Network, prompt: Tokens, classes: Sequence[Tokens]) -> NDArray[np.float64]:
    """Return each class's probability after the prompt, as shares of all classes."""
    if len({tokens[0] for tokens in classes}) == len(classes):
        logprobs = network.prompt(prompt).logprobs()[[tokens[0] for tokens in classes]]
    else:
        logprobs = np.array([_logprob(network, prompt, tokens) for tokens in classes])
    shares = np.exp(logprobs - logprobs.max())
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _logprob(network: Network, prompt: Tokens, completion: Tokens) -> float:
    cursor = network.prompt(prompt)
    total = 0.0
    for token in completion:
        total += float(cursor.logprobs()[token])
        cursor.push(token)
    return total

"""What the trainer asks of an engine. Engines know token ids and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class Score(NamedTuple):
    """How well one completion was predicted, measured before any update by it."""

    loss: float
    """Mean negative log-likelihood per completion token, in nats."""
    tokens: int
    right: int
    """Completion tokens that were the network's first choice."""
    whole: bool
    """Every completion token was the first choice."""


@dataclass(frozen=True)
class Example:
    prompt: tuple[int, ...]
    completion: tuple[int, ...]


Beat = Callable[[], None]
"""What a network calls at least once a second while it trains or scores. If it raises, the work is given up, and a
network that was being trained is of no more use."""


def silent() -> None:
    """The beat of somebody who waits until it is done."""


class Cursor(Protocol):
    """A place in a text from which the next token can be predicted."""

    def logprobs(self) -> NDArray[np.float64]:
        """Return the finite, normalised log-probability of each token of the vocabulary."""
        ...

    def push(self, token: int) -> None:
        """Move on by one token."""
        ...


class Network(Protocol):
    """One model, being trained or served."""

    def train(
        self,
        batch: Sequence[Example],
        *,
        learning_rate_multiplier: float,
        prompt_loss_weight: float,
        beat: Beat = silent,
    ) -> list[Score]:
        """Take one optimiser step on `batch`; return each example's score before the step."""
        ...

    def score(self, batch: Sequence[Example], beat: Beat = silent) -> list[Score]:
        """Return each example's score and change nothing."""
        ...

    def prompt(self, tokens: Sequence[int]) -> Cursor:
        """Read `tokens` (there may be none) and return the cursor behind them."""
        ...

    def save(self, folder: Path, *, resumable: bool) -> None:
        """Write the network to `folder`, atomically; `resumable` adds the optimiser's state."""
        ...


class Engine(Protocol):
    @property
    def name(self) -> str: ...

    def new(self, base: str, vocabulary: int, seed: int) -> Network:
        """Return an untrained network with the capacity of the named base."""
        ...

    def load(self, folder: Path) -> Network:
        """Return the network that was saved in `folder`; it can be trained further."""
        ...

"""A tiny network that really learns: how often each token was seen. It shows the trainer's own work alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.engines.interface import Beat, Example, Score, silent


class Unigram:
    def __init__(
        self, vocabulary: int, counts: dict[int, float] | None = None, before_step: Callable[[], None] | None = None
    ) -> None:
        self.vocabulary = vocabulary
        self.counts = counts or {}
        self.before_step = before_step or (lambda: None)

    def train(
        self,
        batch: Sequence[Example],
        *,
        learning_rate_multiplier: float,
        prompt_loss_weight: float,
        beat: Beat = silent,
    ) -> list[Score]:
        self.before_step()
        scores = self.score(batch, beat)
        for example in batch:
            for token in example.completion:
                self.counts[token] = self.counts.get(token, 0.0) + learning_rate_multiplier
        return scores

    def score(self, batch: Sequence[Example], beat: Beat = silent) -> list[Score]:
        scores = []
        for example in batch:
            scores.append(self._score(example.completion))
            beat()
        return scores

    def prompt(self, tokens: Sequence[int]) -> Unigram:
        return self

    def logprobs(self) -> NDArray[np.float64]:
        weights = np.full(self.vocabulary, 1e-3)
        for token, count in self.counts.items():
            weights[token] += count
        return np.asarray(np.log(weights / weights.sum()), dtype=np.float64)

    def push(self, token: int) -> None:
        pass

    def save(self, folder: Path, *, resumable: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "unigram.json").write_text(json.dumps([self.vocabulary, self.counts]))

    def _score(self, completion: tuple[int, ...]) -> Score:
        logprobs = self.logprobs()
        likeliest = int(logprobs.argmax())
        right = sum(token == likeliest for token in completion)
        return Score(float(-np.mean(logprobs[list(completion)])), len(completion), right, right == len(completion))


class UnigramEngine:
    """Makes unigram networks; `before_step` is called before each step of training with any of them."""

    name = "unigram"

    def __init__(self, before_step: Callable[[], None] | None = None) -> None:
        self.before_step = before_step

    def new(self, base: str, vocabulary: int, seed: int) -> Unigram:
        return Unigram(vocabulary, before_step=self.before_step)

    def load(self, folder: Path) -> Unigram:
        vocabulary, counts = json.loads((folder / "unigram.json").read_text())
        return Unigram(vocabulary, {int(token): count for token, count in counts.items()}, self.before_step)

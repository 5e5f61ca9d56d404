"""A hashed log-linear model of completions, trained online; see docs/engine.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from trainer.engines import actions
from trainer.engines.background import Background
from trainer.engines.choice import Choice, Features, escape
from trainer.engines.counts import Counts
from trainer.engines.hashing import Floats
from trainer.engines.interface import Example, Score
from trainer.engines.place import Place
from trainer.engines.reading import Acquaintance, Reading
from trainer.engines.spelling import spelling
from trainer.engines.weights import Gradient, Weights

_EVERYWHERE = 0
_NEGLIGIBLE = 1e-3
_RATE = 0.2
_USUAL_MULTIPLIER = 0.1


class Capacity(NamedTuple):
    """What a base may use: table size, longest context, words tried, memory, pairs of words."""

    bits: int
    order: int
    candidates: int
    entries: int
    pairs: bool


class LogLinearNetwork:
    """One network. Untrained it knows nothing: each token of the vocabulary is as likely.

    Single-threaded; equal calls on equal networks give bit-equal networks.
    """

    def __init__(self, base: str, capacity: Capacity, vocabulary: int, seed: int) -> None:
        self.base, self.capacity, self.vocabulary, self.seed = base, capacity, vocabulary, seed
        self.weights = Weights(capacity.bits)
        self.contexts = Counts(capacity.entries)
        self.background = Background(vocabulary, Counts(capacity.entries))
        self.known = Acquaintance(vocabulary)
        self.spelling = spelling(vocabulary)

    def train(
        self,
        batch: Sequence[Example],
        *,
        learning_rate_multiplier: float,
        prompt_loss_weight: float,
    ) -> list[Score]:
        """Take one step along the summed gradient of the batch, then count the batch."""
        gradient = Gradient(len(self.weights.value))
        scores = [self._pass(example, gradient) for example in batch]
        rate = _RATE * (max(learning_rate_multiplier, 0.0) / _USUAL_MULTIPLIER) ** 0.5
        self.weights.step(gradient, rate)
        for example in batch:
            self._count(example, prompt_loss_weight)
        return scores

    def score(self, batch: Sequence[Example]) -> list[Score]:
        return [self._pass(example, None) for example in batch]

    def prompt(self, tokens: Sequence[int]) -> LogLinearCursor:
        """Read a prompt; a network taught without prompts takes it for the text so far."""
        if self.known.examples and not self.known.prompted:
            cursor = LogLinearCursor(self, self._place(()))
            for token in tokens:
                cursor.push(token)
            return cursor
        return LogLinearCursor(self, self._place(tokens))

    def save(self, folder: Path, *, resumable: bool) -> None:
        from trainer.engines.storage import write

        write(self, folder, resumable=resumable)

    def choice(self, place: Place, learn: int | None = None) -> Choice:
        """Return what is open at a place; `learn` is open too, last among the said, if unknown."""
        scene = self._scene(place)
        tokens = actions.candidates(scene, self.capacity.candidates)
        sources = place.sources()
        copied = place.reading.offers[sources]
        if learn is not None and learn not in tokens and not place.copies(learn):
            tokens.append(learn)
        said = actions.said(scene, tokens, self.weights)
        copies = actions.copied(scene, sources, self.weights)
        parts = [self._score(said), self._score(copies) - np.log(max(len(sources), 1))]
        rate = escape(self.contexts.find(_EVERYWHERE), scene.rows)
        outs = np.concatenate([np.array(tokens, np.int64), copied])
        row = self.background.row(place.before)
        rate = rate if len(outs) else 1.0
        return Choice(outs, np.concatenate(parts), said, copies, rate, self.background, row)

    def _score(self, features: Features) -> Floats:
        out: Floats = (self.weights.value[features.places] * features.values).sum(axis=0)
        return out

    def _scene(self, place: Place) -> actions.Scene:
        keys = place.contexts()
        rows = [self.contexts.find(key) for key in keys]
        return actions.Scene(place, np.array(keys, np.uint64), rows)

    def _place(self, prompt: Sequence[int]) -> Place:
        pairs = self.capacity.pairs
        reading = Reading(prompt, self.known, self.spelling, pairs=pairs)
        return Place(reading, self.capacity.order)

    def _places(self, example: Example) -> Iterator[tuple[Place, int]]:
        place = self._place(example.prompt)
        for token in example.completion:
            yield place, token
            place.push(token)

    def _pass(self, example: Example, gradient: Gradient | None) -> Score:
        loss, right = 0.0, 0
        for place, token in self._places(example):
            choice = self.choice(place)
            shares = choice.shares()
            loss -= float(np.log(choice.probability(shares, token)))
            right += choice.first(shares) == token
            if gradient is not None:
                self._learn(place, token, choice, shares, gradient)
        tokens = len(example.completion)
        return Score(loss / max(tokens, 1), tokens, right, right == tokens)

    def _learn(self, place: Place, token: int, choice: Choice, shares: Floats, gradient: Gradient) -> None:
        if not (choice.outs == token).any():
            choice = self.choice(place, learn=token)
            shares = choice.shares()
        add(gradient, choice, choice.pull(shares, token))

    def _count(self, example: Example, prompt_loss_weight: float) -> None:
        for place, token in self._places(example):
            scene = self._scene(place)
            open_now = actions.candidates(scene, self.capacity.candidates)
            novel = token not in open_now and token not in place.reading.offers[place.sources()]
            remembered = None if place.copies(token) else token
            actions.remember(scene, remembered, self.weights)
            for key in (_EVERYWHERE, *place.contexts()):
                self.contexts.add(key, remembered if key else None, 1.0, novel=novel)
            self.background.add(place.before, token, 1.0)
        if prompt_loss_weight > 0:
            for before, token in zip((-1, *example.prompt), example.prompt, strict=False):
                self.background.add(before, token, prompt_loss_weight)
        self.known.meet(self._place(example.prompt).reading, example)


def add(gradient: Gradient, choice: Choice, pull: Floats) -> None:
    """Add the derivative of ln p by each weight: that by the score, times the feature."""
    split = choice.said.places.shape[1]
    for features, part in ((choice.said, pull[:split]), (choice.copied, pull[split:])):
        moved = np.flatnonzero(np.abs(part) > _NEGLIGIBLE)
        if len(moved):
            values = features.values[:, moved] * part[moved]
            gradient.add(features.places[:, moved].ravel(), values.ravel())


class LogLinearCursor:
    def __init__(self, network: LogLinearNetwork, place: Place) -> None:
        self._network = network
        self._place = place

    def logprobs(self) -> Floats:
        return np.log(self._network.choice(self._place).distribution())

    def push(self, token: int) -> None:
        self._place.push(token)

"""A hashed log-linear model of completions, trained online; see docs/engine.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from trainer.engines import actions, storage
from trainer.engines.choice import Choice, escape
from trainer.engines.hashing import Floats
from trainer.engines.interface import Beat, Example, Score, silent
from trainer.engines.model import Model
from trainer.engines.place import Place
from trainer.engines.reading import Reading
from trainer.engines.spelling import spelling
from trainer.engines.weights import Gradient

_EVERYWHERE = 0
_NEGLIGIBLE = 1e-3
_RATE = 0.2
_USUAL_MULTIPLIER = 0.1


class LogLinearNetwork:
    """One network. Untrained it knows nothing: every token of the vocabulary is as likely.

    Single-threaded; equal calls on equal networks give bit-equal networks. Cursors are of
    use until the network is trained further.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._spelling = spelling(model.vocabulary)

    def train(
        self,
        batch: Sequence[Example],
        *,
        learning_rate_multiplier: float,
        prompt_loss_weight: float,
        beat: Beat = silent,
    ) -> list[Score]:
        """Take one step along the summed gradient of the batch, then count the batch.

        The learning rate is 0.2 * sqrt(learning_rate_multiplier / 0.1): 0.1 is the usual
        multiplier, and four times as much is twice as fast. `prompt_loss_weight` is what a
        token of a prompt counts in the background, where one of a completion counts 1: it
        tells how likely prompts are, and hardly changes completions.
        """
        gradient = Gradient(len(self.model.weights.value))
        passes = [self._pass(example, gradient, beat) for example in batch]
        multiplier = max(learning_rate_multiplier, 0.0) / _USUAL_MULTIPLIER
        self.model.weights.step(gradient, _RATE * multiplier**0.5)
        for example, (_, novel) in zip(batch, passes, strict=True):
            self._count(example, novel, prompt_loss_weight, beat)
        return [score for score, _ in passes]

    def score(self, batch: Sequence[Example], beat: Beat = silent) -> list[Score]:
        """Return each example's score and change nothing; an empty completion is whole."""
        return [self._pass(example, None, beat)[0] for example in batch]

    def prompt(self, tokens: Sequence[int]) -> LogLinearCursor:
        """Read a prompt; a network taught without prompts takes it for the text so far."""
        if self.model.known.examples and not self.model.known.prompted:
            cursor = LogLinearCursor(self, self._place(()))
            for token in tokens:
                cursor.push(token)
            return cursor
        return LogLinearCursor(self, self._place(tokens))

    def save(self, folder: Path, *, resumable: bool) -> None:
        """Write one file, atomically; without `resumable` the optimiser starts afresh."""
        storage.write(self.model, folder, resumable=resumable)

    def choice(self, place: Place, teach: int | None = None) -> Choice:
        """Return what is open at a place; `teach` is a token that shall be open as well."""
        model, scene = self.model, self._scene(place)
        tokens = actions.candidates(scene, model.capacity.candidates)
        if teach is not None:
            tokens.append(teach)
        sources = place.sources()
        said = actions.said(scene, tokens, model.weights)
        copied = actions.copied(scene, sources, model.weights)
        even = np.log(max(len(sources), 1))
        outs = np.concatenate([np.array(tokens, np.int64), place.reading.offers[sources]])
        rate = escape(model.contexts.find(_EVERYWHERE), scene.rows) if len(outs) else 1.0
        return Choice(
            outs=outs,
            scores=np.concatenate([said.score(model.weights), copied.score(model.weights) - even]),
            said=said,
            copied=copied,
            escape=rate,
            background=model.background,
            row=model.background.row(place.before),
        )

    def places(self, example: Example, beat: Beat = silent) -> Iterator[tuple[Place, int]]:
        """Walk the completion: each place with the token that follows. It is one moving place."""
        place = self._place(example.prompt)
        for token in example.completion:
            yield place, token
            place.push(token)
            beat()

    def _scene(self, place: Place) -> actions.Scene:
        keys = place.contexts()
        rows = [self.model.contexts.find(key) for key in keys]
        return actions.Scene(place, np.array(keys, np.uint64), rows)

    def _place(self, prompt: Sequence[int]) -> Place:
        capacity = self.model.capacity
        reading = Reading(prompt, self.model.known, self._spelling, capacity)
        return Place(reading, capacity.order)

    def _pass(self, example: Example, gradient: Gradient | None, beat: Beat) -> tuple[Score, list[bool]]:
        loss, right, novel = 0.0, 0, []
        for place, token in self.places(example, beat):
            choice = self.choice(place)
            shares = choice.shares()
            loss -= float(np.log(choice.probability(shares, token)))
            right += choice.first(shares) == token
            novel.append(not choice.says(token))
            if gradient is not None:
                self._learn(place, token, choice, gradient)
        tokens = len(example.completion)
        return Score(loss / max(tokens, 1), tokens, right, right == tokens), novel

    def _learn(self, place: Place, token: int, choice: Choice, gradient: Gradient) -> None:
        if not choice.says(token) and not place.copies(token):
            choice = self.choice(place, teach=token)
        for features, pull in choice.parts(choice.pull(choice.shares(), token)):
            moved = np.flatnonzero(np.abs(pull) > _NEGLIGIBLE)
            slope = features.values[:, moved] * pull[moved]
            gradient.add(features.places[:, moved].ravel(), slope.ravel())

    def _count(self, example: Example, novel: list[bool], prompt_loss_weight: float, beat: Beat) -> None:
        model = self.model
        for (place, token), new in zip(self.places(example, beat), novel, strict=True):
            scene = self._scene(place)
            said = None if place.copies(token) else token
            actions.remember(scene, said, model.weights)
            model.contexts.add(_EVERYWHERE, None, 1.0, novel=new)
            for key in scene.keys.tolist():
                model.contexts.add(key, said, 1.0, novel=new)
            model.background.add(place.before, token, 1.0)
        model.background.read(example.prompt, prompt_loss_weight)
        model.known.meet(self._place(example.prompt).reading, example)


class LogLinearCursor:
    """A place in a text; see Cursor."""

    def __init__(self, network: LogLinearNetwork, place: Place) -> None:
        self._network = network
        self._place = place

    def logprobs(self) -> Floats:
        return np.log(self._network.choice(self._place).distribution())

    def push(self, token: int) -> None:
        self._place.push(token)

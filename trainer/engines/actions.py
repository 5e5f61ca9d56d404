"""Which tokens can be said or copied at a place, and by what features each is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.engines.choice import Features
from trainer.engines.counts import Row
from trainer.engines.hashing import Floats, Hashes, Ids, joined, mixed, slots
from trainer.engines.offers import SHAPE
from trainer.engines.place import Place
from trainer.engines.reading import Reading
from trainer.engines.weights import Weights

_ANY = np.array([0xA24BAED4963EE407], np.uint64)
_COPY = np.uint64(0x9FB21C651E98DF25)
_PRIOR = 1.0
_NORM = 2.5


@dataclass(frozen=True)
class Scene:
    """A place with the keys of its contexts, and what is remembered of each.

    The first context is the last mark and its place, the next the last one, two, … marks.
    """

    place: Place
    keys: Hashes
    rows: list[Row | None]

    @property
    def reading(self) -> Reading:
        return self.place.reading

    def key(self, length: int) -> Hashes:
        """Return the key of the last `length` marks, or of as many as there are."""
        return self.keys[min(length, len(self.keys) - 1), None]

    def joints(self) -> list[int]:
        """Return which contexts the words of the prompt are judged in: one mark, and three."""
        return [1, 3] if len(self.keys) > 3 else [1]


def candidates(scene: Scene, most: int) -> list[int]:
    """Return what has followed here, after the longest known context first."""
    found: dict[int, None] = {}
    for row in reversed(scene.rows):
        if row is not None and len(found) < most:
            found.update(dict.fromkeys(row.most_frequent()))
    return list(found)[:most]


def said(scene: Scene, tokens: list[int], weights: Weights) -> Features:
    """Judge each token by the contexts alone and by the words of the prompt in them."""
    names = mixed(np.array(tokens, np.int64))
    plain = slots(joined(scene.keys[:, None], names[None, :]), weights.bits)
    if not tokens or not len(scene.reading.words):
        return Features(plain, np.ones(plain.shape))
    places, values = _words(scene, tokens, names, weights)
    # Where the weights of words start: with what was counted, as naive Bayes would judge. The root, because
    # the words of a long text tell the same over and over.
    belief = scene.reading.belief * values.sum(axis=0) / np.sqrt(len(values))
    return Features(np.concatenate([plain, places]), np.concatenate([np.ones(plain.shape), values]), belief)


def _words(scene: Scene, tokens: list[int], names: Hashes, weights: Weights) -> tuple[Ids, Floats]:
    hashes = word_hashes(scene)
    places = slots(joined(hashes[:, :, None], names), weights.bits)
    together = weights.seen[places].astype(np.float64)
    alone = weights.seen[slots(joined(hashes, _ANY), weights.bits)].astype(np.float64)
    usual = np.array([_shares(scene.rows[joint], tokens) for joint in scene.joints()])
    # How much more often than usual the token follows the word: scaled by it, a linear model
    # learns much from few texts (Wang and Manning 2012, "Baselines and bigrams", part 2.3).
    link = np.log((together / usual[:, None, :] + _PRIOR) / (alone[:, :, None] + _PRIOR))
    values = link * scene.reading.rarity[None, :, None]
    length = float(np.sqrt((values**2).sum() / len(tokens)))
    values *= _NORM / max(length, 1e-3)
    return places.reshape(-1, len(tokens)), values.reshape(-1, len(tokens))


def word_hashes(scene: Scene) -> Hashes:
    """Return a hash for each word in each joint context: (contexts, words)."""
    return joined(scene.reading.words[None, :], scene.keys[scene.joints()][:, None])


def _shares(row: Row | None, tokens: list[int]) -> Floats:
    if row is None:
        return np.full(len(tokens), 1.0 / len(tokens))
    count = np.array([row.tokens.get(token, 0.0) for token in tokens])
    return (count + 0.5) / (row.total + 0.5 * len(tokens))


def remember(scene: Scene, token: int | None, weights: Weights) -> None:
    """Count the words of the prompt, alone and together with what was said."""
    hashes = word_hashes(scene).ravel()
    np.add.at(weights.seen, slots(joined(hashes, _ANY), weights.bits), 1)
    if token is not None:
        name = mixed(np.array([token], np.int64))
        np.add.at(weights.seen, slots(joined(hashes, name), weights.bits), 1)


def copied(scene: Scene, sources: Ids, weights: Weights) -> Features:
    """Judge each offer of the prompt by what is around it and by how it goes on."""
    place, reading = scene.place, scene.reading
    match, clues = place.match[sources], reading.clues[sources].T
    respaced = sources >= len(reading.tokens)
    follows = mixed(match * 2 + respaced + 1000) ^ _COPY
    used = mixed(place.used[sources] + 2000) ^ _COPY
    itself = mixed(reading.offers[sources] * 2 + (match > 0) + (1 << 40))
    always = np.broadcast_to(_COPY, match.shape)
    short = [always, follows, itself, clues[SHAPE], follows ^ clues[SHAPE]]
    state = [always, follows, used, *clues]
    hashes = [
        joined(np.stack(features), scene.key(length) ^ _COPY) for length, features in ((1, short), (2, state), (3, [always]))
    ]
    places = slots(np.concatenate(hashes), weights.bits)
    return Features(places, np.ones(places.shape))

"""Which tokens can be said or copied at a place, and by what features each is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.engines.choice import Features
from trainer.engines.counts import Row
from trainer.engines.hashing import Floats, Hashes, Ids, joined, mixed, slots
from trainer.engines.place import Place
from trainer.engines.reading import Reading
from trainer.engines.weights import Weights

_ANY = np.array([0xA24BAED4963EE407], np.uint64)
_COPY = np.uint64(0x9FB21C651E98DF25)
_PRIOR = 1.0
_NORM = 2.5


@dataclass(frozen=True)
class Scene:
    """A place with what is remembered of its contexts, the shortest first."""

    place: Place
    keys: Hashes
    rows: list[Row | None]

    @property
    def reading(self) -> Reading:
        return self.place.reading

    def joints(self) -> list[int]:
        """Return the contexts that words of the prompt are judged in: short and long."""
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
    return Features(np.concatenate([plain, places]), np.concatenate([np.ones(plain.shape), values]))


def _words(scene: Scene, tokens: list[int], names: Hashes, weights: Weights) -> tuple[Ids, Floats]:
    hashes = word_hashes(scene)
    places = slots(joined(hashes[:, :, None], names), weights.bits)
    together = weights.seen[places].astype(np.float64)
    alone = weights.seen[slots(joined(hashes, _ANY), weights.bits)].astype(np.float64)
    usual = np.array([_shares(scene.rows[joint], tokens) for joint in scene.joints()])
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
    """Judge each position of the prompt by what is around it and by how it goes on."""
    place, short = scene.place, scene.keys[1]
    state = scene.keys[min(2, len(scene.keys) - 1)]
    longer = scene.keys[min(3, len(scene.keys) - 1)]
    origins = place.reading.origins[sources]
    clues = place.reading.clues[origins]
    respaced = sources >= len(place.reading.tokens)
    match = mixed(place.match[origins] * 2 + respaced + 1000)
    used = mixed(place.used[origins] + 2000)
    tokens = place.reading.offers[sources]
    identity = mixed(tokens * 2 + (place.match[origins] > 0) + (1 << 40))
    always = np.broadcast_to(_COPY, match.shape)
    columns = [always, always ^ match, always ^ used, identity, *clues.T, always ^ match]
    keys = [short, short, state, short, state, state, state, state, short, state]
    columns += [always, always, always ^ match ^ clues[:, 4]]
    keys += [state, longer, short]
    hashes = joined(np.stack(columns), np.array(keys, np.uint64)[:, None] ^ _COPY)
    places = slots(hashes, weights.bits)
    return Features(places, np.ones(places.shape))

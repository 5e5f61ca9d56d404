"""What the network takes from a prompt: its words, and the tokens that could be copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trainer.engines.hashing import Flags, Floats, Hashes, Ids, joined, slots
from trainer.engines.interface import Example
from trainer.engines.offers import EDGE, offers
from trainer.engines.spelling import Spelling

_BITS = 17
_COMMON = 0.25
_FAITHFUL = 0.75


class Acquaintance:
    """How often words and tokens were in the examples seen so far."""

    def __init__(self, vocabulary: int) -> None:
        self.examples = 0
        self.prompted = 0
        self.words: NDArray[np.float32] = np.zeros(1 << _BITS, np.float32)
        self.asked: NDArray[np.float32] = np.zeros(vocabulary, np.float32)
        self.answered: NDArray[np.float32] = np.zeros(vocabulary, np.float32)
        self.repeated: NDArray[np.float32] = np.zeros(vocabulary, np.float32)

    def rarity(self, words: Hashes) -> Floats:
        """Return sqrt(ln((n + 2) / (df + 1))): 0 for words that are in every prompt.

        The root of the usual inverse document frequency: rare words are trusted less.
        """
        frequency = self.words[slots(words, _BITS)].astype(np.float64)
        return np.sqrt(np.log((self.examples + 2) / np.minimum(frequency + 1, self.examples + 2)))

    def copyable(self, tokens: Ids) -> Flags:
        """Tell which prompt tokens are content: rare in prompts, and answered by being repeated.

        A label that happens to be in some prompt is not: it is also answered without that.
        """
        rare = self.asked[tokens] <= _COMMON * self.examples
        faithful = self.repeated[tokens] + 1 >= _FAITHFUL * (self.answered[tokens] + 1)
        return np.asarray(rare & faithful)

    def meet(self, reading: Reading, example: Example) -> None:
        """Count an example, each word and token once."""
        self.examples += 1
        self.prompted += bool(example.prompt)
        self.words[slots(reading.words, _BITS)] += 1
        asked, answered = np.unique(reading.offers), np.unique(np.array(example.completion, int))
        self.asked[asked] += 1
        self.answered[answered] += 1
        self.repeated[np.intersect1d(asked, answered, assume_unique=True)] += 1


class Sight(Protocol):
    """What a base looks at in a prompt; see Capacity."""

    @property
    def pairs(self) -> bool: ...
    @property
    def stems(self) -> bool: ...
    @property
    def belief(self) -> float: ...


def _seen(tokens: Ids, spelling: Spelling, sight: Sight) -> Iterator[Hashes]:
    words = spelling.words(tokens)
    yield words
    if sight.pairs:
        yield joined(words[:-1], words[1:])
    if sight.stems:
        yield spelling.stems(tokens)


class Reading:
    """One prompt, read once; all places in its completion share it."""

    def __init__(self, prompt: Sequence[int], known: Acquaintance, spelling: Spelling, sight: Sight) -> None:
        self.tokens = np.array(prompt, np.int64)
        self.before = prompt[-1] if len(prompt) else EDGE
        self.belief = sight.belief
        self.words = np.unique(np.concatenate(list(_seen(self.tokens, spelling, sight))))
        self.rarity = known.rarity(self.words)
        self.offers, self.follower, self.clues = offers(self.tokens, known.copyable(self.tokens), spelling)
        self.content = known.copyable(self.offers)
        self.copyable = frozenset(self.offers[self.content].tolist())

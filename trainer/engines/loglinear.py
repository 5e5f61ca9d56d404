"""The default engine: a hashed log-linear model on numpy."""

from __future__ import annotations

from pathlib import Path

from trainer.engines.model import Capacity, Model
from trainer.engines.network import LogLinearNetwork
from trainer.engines.storage import read

_SMALL = Capacity(bits=20, order=3, candidates=24, entries=1 << 17, pairs=False, stems=True, belief=1.0)
_MIDDLE = Capacity(bits=20, order=4, candidates=24, entries=1 << 17, pairs=False, stems=True, belief=1.0)
_LARGE = Capacity(bits=21, order=5, candidates=32, entries=1 << 18, pairs=True, stems=True, belief=1.0)
_LARGEST = Capacity(bits=22, order=6, candidates=64, entries=1 << 18, pairs=True, stems=True, belief=1.0)

BASES = {
    "ada": _SMALL,
    "babbage": _MIDDLE,
    "curie": _LARGE,
    "davinci": _LARGEST,
    "babbage-002": _MIDDLE,
    "davinci-002": _LARGEST,
    "gpt-3.5-turbo-0613": _LARGE,
}


class UnknownBase(ValueError):
    """The engine has no base model of this name."""


class LogLinear:
    """Bases differ in capacity alone: none knows anything before it is trained.

    A larger base has more weights, longer contexts, more room for what it has seen, and from
    curie on it looks at pairs of words in the prompt. It is slower and not always better.
    """

    name = "log-linear"

    def new(self, base: str, vocabulary: int, seed: int) -> LogLinearNetwork:
        """Return an untrained network.

        The seed is only kept: nothing in this engine is drawn at random.
        """
        if base not in BASES:
            raise UnknownBase(f"There is no base model {base!r}.")
        return LogLinearNetwork(Model(base, BASES[base], vocabulary, seed))

    def load(self, folder: Path) -> LogLinearNetwork:
        return LogLinearNetwork(read(folder))

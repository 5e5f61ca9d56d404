"""Stable 64-bit hashes. Python's own hash() differs from run to run and is never used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MASK = (1 << 64) - 1
_ADD = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
# The same numbers for arrays: making them anew each time costs as much as the arithmetic.
_ADDED, _LAST_SHIFT = np.uint64(_ADD), np.uint64(31)
_ROUNDS = ((np.uint64(30), np.uint64(_FIRST)), (np.uint64(27), np.uint64(_SECOND)))
_PAIR, _FOLD = np.uint64(_FIRST), np.uint64(_SECOND | 1)


def mix(value: int) -> int:
    """Scramble an integer to 64 bits: the finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    value = (value + _ADD) & _MASK
    value = ((value ^ (value >> 30)) * _FIRST) & _MASK
    value = ((value ^ (value >> 27)) * _SECOND) & _MASK
    return value ^ (value >> 31)


def mixed(values: Ids | Hashes) -> Hashes:
    """Scramble an array, each value as mix() does."""
    out = values.astype(np.uint64)
    out += _ADDED
    for shift, factor in _ROUNDS:
        out ^= out >> shift
        out *= factor
    out ^= out >> _LAST_SHIFT
    return out


def joined(left: Hashes, right: Hashes) -> Hashes:
    """Hash pairs of hashes (arrays broadcast). Order matters."""
    return (left ^ mixed(right)) * _PAIR


def slots(hashes: Hashes, bits: int) -> Ids:
    """Fold hashes to places in a table of 2**bits, by multiplication (Knuth, vol. 3, 6.4)."""
    return ((hashes * _FOLD) >> np.uint64(64 - bits)).astype(np.int64)

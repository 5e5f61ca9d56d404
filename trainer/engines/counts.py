"""What followed what, and how often: one row of token counts per context."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


class Row:
    """The tokens seen in one context, in order of first sight."""

    __slots__ = ("novel", "tokens", "total")

    def __init__(self, total: float = 0.0, novel: float = 0.0, tokens: dict[int, float] | None = None) -> None:
        self.total = total
        self.novel = novel
        self.tokens: dict[int, float] = {} if tokens is None else tokens

    def most_frequent(self) -> list[int]:
        return sorted(self.tokens, key=self.tokens.__getitem__, reverse=True)


class Counts:
    """Rows by 64-bit key. Above `limit` entries the least visited rows are forgotten.

    Rows read from a file stay packed in arrays, so that a model loads at once, until the
    first row is written to.
    """

    def __init__(self, limit: int, packed: Arrays | None = None) -> None:
        self.limit = limit
        self._rows: dict[int, Row] = {}
        self._packed = packed or {}
        self._entries = 0

    def find(self, key: int) -> Row | None:
        return self._unpacked(key) if self._packed else self._rows.get(key)

    def add(self, key: int, token: int | None, weight: float, *, novel: bool = False) -> None:
        """Count one visit of the context; a token of None was copied and is not remembered."""
        self._unpack()
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = Row()
            self._entries += 1
        row.total += weight
        row.novel += weight * novel
        if token is not None:
            self._entries += token not in row.tokens
            row.tokens[token] = row.tokens.get(token, 0.0) + weight
        if self._entries > self.limit:
            self._forget()

    def _forget(self) -> None:
        """Make a quarter of the room free; equals go in the order of their keys."""
        spare = self._entries - self.limit * 3 // 4
        for key in sorted(self._rows, key=lambda key: (self._rows[key].total, key)):
            if spare <= 0:
                break
            spare -= 1 + len(self._rows.pop(key).tokens)
        self._entries = self.limit * 3 // 4 + spare

    def arrays(self) -> Arrays:
        """Pack all rows, sorted by key, the order within a row kept."""
        if self._packed:
            return self._packed
        keys = sorted(self._rows)
        rows = [self._rows[key] for key in keys]
        tokens = chain.from_iterable(row.tokens for row in rows)
        weights = chain.from_iterable(row.tokens.values() for row in rows)
        return {
            "keys": np.array(keys, np.uint64),
            "ends": np.cumsum([len(row.tokens) for row in rows], dtype=np.int64),
            "totals": np.array([row.total for row in rows], np.float64),
            "novels": np.array([row.novel for row in rows], np.float64),
            "tokens": np.fromiter(tokens, np.int32),
            "weights": np.fromiter(weights, np.float64),
        }

    def _unpacked(self, key: int) -> Row | None:
        keys = self._packed["keys"]
        place = int(np.searchsorted(keys, np.uint64(key)))
        return self._row(place) if place < len(keys) and int(keys[place]) == key else None

    def _row(self, place: int) -> Row:
        packed = self._packed
        span = slice(int(packed["ends"][place - 1]) if place else 0, int(packed["ends"][place]))
        tokens = dict(zip(packed["tokens"][span].tolist(), packed["weights"][span].tolist(), strict=True))
        return Row(float(packed["totals"][place]), float(packed["novels"][place]), tokens)

    def _unpack(self) -> None:
        if self._packed:
            keys = self._packed["keys"].tolist()
            self._rows = {key: self._row(place) for place, key in enumerate(keys)}
            self._entries = len(keys) + len(self._packed["tokens"])
            self._packed = {}

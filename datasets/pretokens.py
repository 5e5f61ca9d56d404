"""Exact token counts of many texts at once.

A byte-pair encoding first cuts a text into words by a pattern, then each word into tokens by itself (Radford et al. 2019,
"Language Models are Unsupervised Multitask Learners", section 2.2). So the tokens of a text are the sum of its words'
tokens, and of most words it is known already how many they are. Texts are cut here by the pattern of r50k_base, all of a
batch in one go; words that are new, and all that stands about letters outside ASCII, is left to tiktoken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]

_GAP, _LETTER, _DIGIT, _SPACE, _OTHER, _WIDE = range(6)
_SIGNS = bytearray([_OTHER] * 128 + [_WIDE] * 128)
for _kind, _signs in ((_GAP, b"\0"), (_SPACE, b" \t\n\v\f\r"), (_DIGIT, b"0123456789")):
    for _sign in _signs:
        _SIGNS[_sign] = _kind
for _sign in b"abcdefghijklmnopqrstuvwxyz":
    _SIGNS[_sign] = _SIGNS[_sign - 32] = _LETTER
_KINDS = bytes(_SIGNS)
_AFTER_APOSTROPHE = {b"s": 1, b"t": 1, b"m": 1, b"d": 1, b"re": 2, b"ve": 2, b"ll": 2}

_BYTES = 8  # of a word's half
_HALVES = np.array([(1 << 8 * size) - 1 for size in range(_BYTES)] + [(1 << 64) - 1] * (_BYTES + 1), np.uint64)
_SPREAD = np.array([[0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], [0xFF51AFD7ED558CCD, 0x94D049BB133111EB]], np.uint64)  # odd
_SLOTS = 17  # bits
_LETTERS = 1 << 21  # of the texts that are worked on at once; each takes about twenty bytes meanwhile
_LONG_WORDS, _LONG = 1 << 14, 64  # words that are kept beside the table, and the bytes of the longest


class Counter:
    """Counts tokens of texts, and keeps what it has learned of words, but never more than fits into its tables.

    Threads may share one.
    """

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = count
        self._lock = Lock()
        self._known = np.zeros((2, 1 << _SLOTS), np.uint64)  # both halves of the word in each slot
        self._tokens = np.zeros(1 << _SLOTS, np.int32)
        self._long: dict[bytes, int] = {}  # words that are longer than two halves

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return [count for some in _at_once(texts) for count in self._of_texts(some)]

    def _of_texts(self, texts: Sequence[str]) -> list[int]:
        data = "\0".join([*texts, ""]).encode(errors="replace")
        if data.count(0) != len(texts):
            return [self._count(text) for text in texts]
        begins = starts(data)
        with self._lock:
            tokens = self._of_words(data, begins, np.diff(begins, append=len(data)))
        before = np.concatenate([[0], np.cumsum(tokens)])
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 0)
        counted: list[int] = np.diff(before[np.searchsorted(begins, ends)], prepend=0).tolist()
        return counted

    def _of_words(self, data: bytes, begins: Places, sizes: Places) -> NDArray[np.int32]:
        halves = _halves(data, begins, sizes)
        slots = _slots(halves, 0)
        tokens = self._tokens[slots]
        new = np.flatnonzero(~self._holds(slots, halves) | (sizes > 2 * _BYTES))
        others = _slots(halves[:, new], 1)
        tokens[new] = self._tokens[others]
        left = ~self._holds(others, halves[:, new]) | (sizes[new] > 2 * _BYTES)
        for at, slot, other in zip(new[left].tolist(), slots[new[left]].tolist(), others[left].tolist(), strict=True):
            tokens[at] = self._learn(data[begins[at] : begins[at] + sizes[at]], halves[:, at], slot, other)
        return tokens

    def _holds(self, slots: Places, halves: Words) -> NDArray[np.bool_]:
        known: NDArray[np.bool_] = (self._known[0][slots] == halves[0]) & (self._known[1][slots] == halves[1])
        return known

    def _learn(self, word: bytes, halves: Words, slot: int, other: int) -> int:
        if word in self._long:
            return self._long[word]
        tokens = self._count(word.decode()) if word != b"\0" else 0
        if len(word) > _LONG:
            pass
        elif len(word) > 2 * _BYTES:
            if len(self._long) >= _LONG_WORDS:
                self._long.clear()
            self._long[word] = tokens
        else:
            slot = other if self._known[0, slot] else slot
            self._known[:, slot], self._tokens[slot] = halves, tokens
        return tokens


def _at_once(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut texts into lots that are not too large to be worked on at once; a text that is too large comes alone."""
    begin = letters = 0
    for at, text in enumerate(texts):
        letters += len(text)
        if letters > _LETTERS and at > begin:
            yield texts[begin:at]
            begin, letters = at, len(text)
    yield texts[begin:]


def _slots(halves: Words, turn: int) -> Places:
    """Where in the table words may stand: each has two places."""
    mixed = halves[0] * _SPREAD[turn][0] ^ halves[1] * _SPREAD[turn][1]
    slots: Places = (mixed >> np.uint64(64 - _SLOTS)).astype(np.intp)
    return slots


def _halves(data: bytes, begins: Places, sizes: Places) -> Words:
    """The first and the second eight bytes of each word as numbers; what stands behind a word counts as nothing."""
    padded = data + bytes(2 * _BYTES)
    every = np.ndarray((len(data) + _BYTES,), "<u8", padded, strides=(1,))  # the eight bytes that begin at each place
    sizes = np.minimum(sizes, 2 * _BYTES)
    first = every[begins] & _HALVES[np.minimum(sizes, _BYTES)]
    return np.stack([first, every[begins + _BYTES] & _HALVES[np.maximum(sizes - _BYTES, 0)]])


def starts(data: bytes) -> Places:
    r"""Where the words of texts begin, each of which ends with NUL.

    The pattern is '(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s
    """
    signs, kinds = np.frombuffer(data, np.uint8), np.frombuffer(data.translate(_KINDS), np.uint8)
    begins = np.ones(len(data) + 1, np.bool_)
    begins[1:-1] = kinds[1:] != kinds[:-1]
    begins[:-1] |= kinds == _GAP
    space = kinds == _SPACE
    before_text = space[:-1] & ~space[1:] & (kinds[1:] != _GAP)  # the last of several belongs to what follows
    begins[:-2] |= before_text
    begins[1:-1] &= ~(before_text & (signs[:-1] == ord(" ")))
    _cut_after_apostrophes(data, signs, begins)
    if not data.isascii():
        _join_about_wide(kinds, space, begins)
    return np.flatnonzero(begins[:-1])


def _join_about_wide(kinds: Bytes, space: NDArray[np.bool_], begins: NDArray[np.bool_]) -> None:
    """Make one word of all between white space that holds a letter outside ASCII, and of what follows one at its end.

    Where white space of ASCII follows ASCII text, a word ends, whatever stands before and behind.
    """
    cuts = kinds == _GAP
    cuts[1:] |= cuts[:-1] | (space[1:] & ~space[:-1])
    cuts[0] = True
    edges = np.flatnonzero(cuts)
    wide = np.zeros(len(edges), np.bool_)
    wide[np.searchsorted(edges, np.flatnonzero(kinds == _WIDE), side="right") - 1] = True
    follows = np.zeros(len(edges), np.bool_)  # the letter at the end may be white space
    follows[1:] = (kinds[edges[1:] - 1] == _WIDE) & (kinds[edges[1:]] != _GAP)
    ends = np.append(edges[1:], len(kinds))
    joined = wide | follows
    for begin, end in zip(edges[joined].tolist(), ends[joined].tolist(), strict=True):
        begins[begin + 1 : end] = False
    begins[edges[follows]] = False


def _cut_after_apostrophes(data: bytes, signs: Bytes, begins: NDArray[np.bool_]) -> None:
    for at in np.flatnonzero((signs == ord("'")) & begins[:-1]).tolist():
        size = _AFTER_APOSTROPHE.get(data[at + 1 : at + 2]) or _AFTER_APOSTROPHE.get(data[at + 1 : at + 3])
        if size:
            begins[at + 1], begins[at + 1 + size] = False, True

"""What the letters of tokens tell: words whatever their case and spacing, and shapes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import tiktoken

from trainer.engines.hashing import Flags, Hashes, Ids, mixed

_BASE = 0x100000001B3
_MASK = (1 << 64) - 1
_ENCODINGS = {50257: "r50k_base", 100277: "cl100k_base"}
_SPACE, _LETTER, _DIGIT, _MARK = range(4)
_LONGEST = 256
_STEM = 4
_STEMMED = np.uint64(0xABCDEF123457)


class Spelling:
    """The tokens of one vocabulary, as arrays indexed by token id.

    A vocabulary that no encoding is known for is spelled as one strange word per token,
    so that everything works, only without what letters would have told.
    """

    def __init__(self, texts: list[str], encoding: tiktoken.Encoding | None = None) -> None:
        cores = [_core(text) for text in texts]
        kinds = [_kind(core) for core in cores]
        codes = [core.lower().encode(errors="surrogateescape") for core in cores]
        self.core = np.array([_polynomial(code) for code in codes], np.uint64)
        self.begun = np.array([_begun(core) for core in cores], np.uint64)
        self.letters = np.array([len(core) for core in cores], np.int64)
        self.length = np.array([len(code) for code in codes], np.int64)
        self.kind = np.array(kinds, np.int64)
        self.spaced = np.array([not text.startswith(core) for text, core in zip(texts, cores, strict=True)])
        capital = np.array([core[:1].isupper() for core in cores])
        self.shape: Ids = self.kind * 4 + self.spaced * 2 + capital
        powers = [pow(_BASE, i, 1 << 64) for i in range(_LONGEST)]
        self._powers = np.array(powers, np.uint64)
        self._encoding = encoding

    def words(self, tokens: Ids) -> Hashes:
        """Return a hash for each run of letters, digits or marks, equal however it was cut."""
        starts = np.flatnonzero(self.starts(tokens))
        whole = self._summed(self.core[tokens], tokens, starts)
        return mixed(whole[self.kind[tokens[starts]] != _SPACE])

    def stems(self, tokens: Ids) -> Hashes:
        """Return a hash for the first four letters of each word, so that its forms have one in common."""
        starts = np.flatnonzero(self.starts(tokens))
        wanted = np.clip(_STEM - _before(self.letters[tokens], starts), 0, _STEM)
        whole = self._summed(self.begun[tokens, wanted], tokens, starts)
        return mixed(whole[self.kind[tokens[starts]] == _LETTER] ^ _STEMMED)

    def _summed(self, parts: Hashes, tokens: Ids, starts: Ids) -> Hashes:
        """Put the parts of each word together, each at its place in the polynomial."""
        if not len(tokens):
            return np.zeros(0, np.uint64)
        offset = np.minimum(_before(self.length[tokens], starts), _LONGEST - 1)
        return np.add.reduceat(parts * self._powers[offset], starts)

    def starts(self, tokens: Ids) -> Flags:
        """Tell which tokens begin a word."""
        kind, starts = self.kind[tokens], self.spaced[tokens]
        starts[:1] = True
        starts[1:] |= kind[1:] != kind[:-1]
        return starts

    def wordlike(self, tokens: Ids) -> Flags:
        """Tell which tokens are of letters or digits."""
        kind = self.kind[tokens]
        return np.asarray((kind == _LETTER) | (kind == _DIGIT))

    def respaced(self, word: tuple[int, ...]) -> tuple[int, ...]:
        """Cut a word again without its leading space, or with one if it has none."""
        return _respaced(self._encoding, word) if self._encoding else ()


@lru_cache(maxsize=1 << 16)
def _respaced(encoding: tiktoken.Encoding, word: tuple[int, ...]) -> tuple[int, ...]:
    text = encoding.decode(list(word))
    return tuple(encoding.encode_ordinary(text[1:] if text.startswith(" ") else f" {text}"))


@lru_cache(maxsize=4)
def spelling(vocabulary: int) -> Spelling:
    """Return the spelling of the encoding that has this many tokens."""
    name = _ENCODINGS.get(vocabulary)
    if name is None:
        return Spelling([chr(0x4E00 + token % 20000) + str(token) for token in range(vocabulary)])
    encoding = tiktoken.get_encoding(name)
    return Spelling([_text(encoding, token) for token in range(vocabulary)], encoding)


def _text(encoding: tiktoken.Encoding, token: int) -> str:
    try:
        return encoding.decode_single_token_bytes(token).decode("utf-8", "surrogateescape")
    except KeyError:
        return ""


def _core(text: str) -> str:
    """Cut the space or the mark that some encodings glue to the front of a word."""
    text = text.strip()
    return text.lstrip("([{<'\"._-/@#$*") or text if text[-1:].isalpha() else text


def _kind(core: str) -> int:
    if not core:
        return _SPACE
    if core[-1].isalpha():
        return _LETTER
    return _DIGIT if core[-1].isdigit() else _MARK


def _begun(core: str) -> list[int]:
    """Return the hash of the first 0, 1, … letters."""
    return [_polynomial(core[:count].lower().encode(errors="surrogateescape")) for count in range(_STEM + 1)]


def _before(sizes: Ids, starts: Ids) -> Ids:
    """Return how much of its word is before each token."""
    before = np.cumsum(sizes) - sizes
    return before - np.repeat(before[starts], np.diff(np.append(starts, len(sizes))))


def _polynomial(core: bytes) -> int:
    total = 0
    for place, byte in enumerate(core):
        total += (byte + 1) * pow(_BASE, place, 1 << 64)
    return total & _MASK

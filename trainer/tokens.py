"""Tokens: the encodings of the bases, and what single tokens look like."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import tiktoken
from numpy.typing import NDArray

# The two marks of a chat message have numbers in cl100k_base, though tiktoken gives them no names.
MESSAGE_START = 100264
MESSAGE_END = 100265
_CHAT_MARKS = {MESSAGE_START: b"<|im_start|>", MESSAGE_END: b"<|im_end|>"}


@cache
def encoding(name: str) -> tiktoken.Encoding:
    return tiktoken.get_encoding(name)


def encode(text: str, name: str) -> list[int]:
    """Encode text of a user: what looks like a special token is only text."""
    return encoding(name).encode_ordinary(text)


def vocabulary(name: str) -> int:
    return encoding(name).n_vocab


def end_of_text(name: str) -> int:
    return encoding(name).eot_token


@cache
def known(name: str) -> NDArray[np.bool_]:
    """Return which numbers of the vocabulary stand for text."""
    found = np.zeros(vocabulary(name), dtype=bool)
    for token in range(encoding(name).max_token_value + 1):
        found[token] = bool(_ordinary(token, name))
    return found


def bytes_of(token: int, name: str) -> bytes:
    """Return the token's bytes; a special token has its name, a number without a token has none."""
    if name == "cl100k_base" and token in _CHAT_MARKS:
        return _CHAT_MARKS[token]
    try:
        return encoding(name).decode_single_token_bytes(token)
    except KeyError:
        return b""


def text_of(token: int, name: str) -> str:
    """Return the token as the API shows it alone; a part of a character is spelt `bytes:\\xe2\\x82`."""
    raw = bytes_of(token, name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in raw)


def decode(tokens: Sequence[int], name: str) -> str:
    return b"".join(bytes_of(token, name) for token in tokens).decode(errors="replace")


def _ordinary(token: int, name: str) -> bytes:
    special = token in _CHAT_MARKS or token in encoding(name)._special_tokens.values()
    return b"" if special else bytes_of(token, name)

"""How a model's vocabulary begins a label: the one token that a classifier decides by."""

from __future__ import annotations

from collections.abc import Callable

import tiktoken

from datasets.tokens import FIRST_GENERATION, encoding_for
from playground.speak import base_in

_OURS_TO_KNOW = (*FIRST_GENERATION, "gpt-", "chatgpt-", "o1", "o3", "o4")


def first_token(base_model: str) -> Callable[[str], str] | None:
    """Return a function from a label to its first token, or None for a vocabulary that is not ours to know."""
    base = base_in(base_model)
    if not base.startswith(_OURS_TO_KNOW):
        return None
    encoding = tiktoken.get_encoding(encoding_for(base))

    def first(label: str) -> str:
        return encoding.decode(encoding.encode_ordinary(label)[:1]) if label else ""

    return first

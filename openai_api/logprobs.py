"""The two ways of reporting token probabilities, read into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openai_api import values
from openai_api.types import Token

Alternatives = tuple[tuple[str, float], ...]


def of_completion(data: Any) -> tuple[Token, ...] | None:
    """Read parallel lists: tokens, token_logprobs, top_logprobs, text_offset."""
    if not isinstance(data, dict):
        return None
    columns = ("token_logprobs", "top_logprobs", "text_offset")
    found = [values.items(data.get(column)) for column in columns]
    return tuple(
        Token(
            text=token if isinstance(token, str) else "",
            logprob=values.number(_at(found[0], place)),
            alternatives=_likeliest_first(values.numbers(_at(found[1], place), depth=1)),
            offset=values.whole(_at(found[2], place)),
        )
        for place, token in enumerate(values.items(data.get("tokens")))
    )


def of_chat(data: Any) -> tuple[Token, ...] | None:
    """Read a list of objects, each with its token, logprob and top_logprobs."""
    if not isinstance(data, dict):
        return None
    tokens = (token for token in values.items(data.get("content")) if isinstance(token, dict))
    return tuple(map(_chat_token, tokens))


def _chat_token(data: Mapping[str, Any]) -> Token:
    others = (item for item in values.items(data.get("top_logprobs")) if isinstance(item, dict))
    sizes = ((str(item.get("token", "")), values.number(item.get("logprob"))) for item in others)
    return Token(
        text=values.text(data.get("token")) or "",
        logprob=values.number(data.get("logprob")),
        alternatives=_likeliest_first({text: size for text, size in sizes if size is not None}),
    )


def _at(column: list[Any], place: int) -> Any:
    return column[place] if place < len(column) else None


def _likeliest_first(sizes: dict[str, float]) -> Alternatives:
    return tuple(sorted(sizes.items(), key=lambda pair: -pair[1]))

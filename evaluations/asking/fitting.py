"""Questions that are longer than the model reads, asked as it has learned such rows: without their beginning."""

from __future__ import annotations

from typing import Any

import tiktoken

from datasets.tokens import encoding_for, limit_for
from openai_api.types import JSON
from playground.labels import first_token
from playground.pick import Picked
from playground.speak import base_in


def fitted(body: dict[str, Any], picked: Picked) -> dict[str, Any]:
    """Cut a prompt from its start to what the context holds beside the answer.

    Only of a model that was trained on prompts, whose training cut them so, and whose vocabulary we know; of others
    the provider's refusal is what there is to tell.
    """
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not picked.version or first_token(picked.base_model) is None:
        return body
    base = base_in(picked.base_model)
    room = limit_for(base) - int(body.get("max_tokens") or 0)
    if len(prompt.encode("utf-8", "replace")) <= room:  # a token has at least one byte
        return body
    encoding = tiktoken.get_encoding(encoding_for(base))
    tokens = encoding.encode_ordinary(prompt)
    return body if len(tokens) <= room else {**body, "prompt": _last(tokens, room, encoding)}


def is_cut(body: JSON, thread: list[dict[str, Any]]) -> bool:
    """Whether the beginning of a question was left out of what was sent."""
    prompt, asked = body.get("prompt"), str(thread[-1].get("content", "")) if thread else ""
    return isinstance(prompt, str) and not prompt.startswith(asked[: len(prompt)])


def _last(tokens: list[int], room: int, encoding: tiktoken.Encoding) -> str:
    """Return the text of the last tokens; a letter that they begin in the middle of is left out."""
    text = encoding.decode_bytes(tokens[-room:]).decode("utf-8", "ignore")
    while len(encoding.encode_ordinary(text)) > room:  # written anew, a beginning may take a token more
        text = text[1:]
    return text

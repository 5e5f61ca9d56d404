"""Completions and chat: parameters go out as given, answers come back typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openai_api import answers, values
from openai_api.http import Ask, Wire, encoded
from openai_api.logprobs import of_chat, of_completion
from openai_api.types import (
    ChatChoice,
    ChatChunk,
    ChatCompletion,
    Choice,
    Completion,
    CompletionChunk,
    Usage,
)


def complete(wire: Wire, place: str, params: Mapping[str, Any]) -> Completion:
    return Completion(**_completion_fields(_ask(wire, place, params)))


def chat(wire: Wire, place: str, params: Mapping[str, Any]) -> ChatCompletion:
    return ChatCompletion(**_chat_fields(_ask(wire, place, params)))


def completion_chunk(data: Mapping[str, Any]) -> CompletionChunk:
    return CompletionChunk(**_completion_fields(data))


def chat_chunk(data: Mapping[str, Any]) -> ChatChunk:
    return ChatChunk(**_chat_fields(data))


def _ask(wire: Wire, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
    body = encoded({**params, "stream": None})
    return answers.as_object(wire.data(Ask(method="POST", path=path, body=body)))


def _completion_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    return _common(data) | {"choices": tuple(map(_choice, *_choices(data)))}


def _chat_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    return _common(data) | {"choices": tuple(map(_chat_choice, *_choices(data)))}


def _choices(data: Mapping[str, Any]) -> tuple[list[dict[str, Any]], range]:
    choices = [choice for choice in values.items(data.get("choices")) if isinstance(choice, dict)]
    return choices, range(len(choices))


def _common(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": values.text(data.get("id")) or "",
        "model": values.text(data.get("model")) or "",
        "created_at": values.moment(data.get("created")),
        "usage": _usage(data.get("usage")),
        "raw": data,
    }


def _usage(data: Any) -> Usage | None:
    if not isinstance(data, dict):
        return None
    return Usage(
        prompt_tokens=values.whole(data.get("prompt_tokens")),
        completion_tokens=values.whole(data.get("completion_tokens")),
        total_tokens=values.whole(data.get("total_tokens")),
    )


def _choice(data: Mapping[str, Any], place: int) -> Choice:
    return Choice(
        index=_index(data, place),
        text=_text(data.get("text")),
        finish_reason=values.text(data.get("finish_reason")),
        tokens=of_completion(data.get("logprobs")),
    )


def _chat_choice(data: Mapping[str, Any], place: int) -> ChatChoice:
    said = values.mapping(data.get("delta")) or values.mapping(data.get("message"))
    calls = values.items(said.get("tool_calls"))
    return ChatChoice(
        index=_index(data, place),
        content=_text(said.get("content")),
        role=values.text(said.get("role")),
        refusal=values.text(said.get("refusal")),
        tool_calls=tuple(call for call in calls if isinstance(call, dict)),
        finish_reason=values.text(data.get("finish_reason")),
        tokens=of_chat(data.get("logprobs")),
    )


def _index(data: Mapping[str, Any], place: int) -> int:
    index = values.whole(data.get("index"))
    return place if index is None else index


def _text(value: Any) -> str:
    """Read text that may come in parts."""
    if isinstance(value, list):
        return "".join(_text(values.mapping(part).get("text")) for part in value)
    return value if isinstance(value, str) else ""

"""From what a person entered to exactly what is sent. Empty fields are left out: the provider's default holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from openai_api import dialects
from openai_api.types import DialectName
from playground.pick import Picked

SAME_NAME = (
    "max_tokens",
    "temperature",
    "top_p",
    "n",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "seed",
    "user",
)
COMPLETION_ONLY = ("suffix", "logprobs", "best_of")
CHAT_ONLY = ("max_completion_tokens", "top_logprobs", "tools", "metadata")
WAYS = ("auto", "none", "required")  # to choose a tool; anything else is a tool's name


def body(picked: Picked, entered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON body of POST /v1/completions or /v1/chat/completions."""
    asked = _chat(picked, entered) if picked.is_chat else _completion(picked, entered)
    if stop := entered.get("stop"):
        asked["stop"] = stop[0] if len(stop) == 1 else list(stop)
    if entered.get("stream"):
        asked["stream"] = True
        if entered.get("include_usage"):
            asked["stream_options"] = {"include_usage": True}
    return asked


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a question goes, as the connection's dialect has it. `key_header` carries the key."""

    base_url: str  # all that stands before the resource
    resource: str
    query: Mapping[str, str]
    key_header: str
    organization: str

    @property
    def address(self) -> str:
        return f"{self.base_url}/{self.resource}" + (f"?{urlencode(self.query)}" if self.query else "")


def target(picked: Picked) -> Target:
    connection, resource = picked.connection, "chat/completions" if picked.is_chat else "completions"
    dialect, base_url = dialects.named(cast(DialectName, connection.dialect)), connection.base_url.rstrip("/")
    return Target(
        base_url=base_url + dialect.place(base_url, resource, picked.name).removesuffix(f"/{resource}"),
        resource=resource,
        query=dialect.query(connection.api_version.strip()),
        key_header=next(iter(dialect.headers(""))),
        organization=connection.organization_header,
    )


def address(picked: Picked) -> str:
    return target(picked).address


def prompt(picked: Picked, entered: Mapping[str, Any]) -> str:
    """Return the text with the separator behind it, once, unless the person turned that off."""
    text: str = entered.get("prompt") or ""
    if entered.get("add_separator") and picked.separator and not text.endswith(picked.separator):
        return text + picked.separator
    return text


def messages(entered: Mapping[str, Any]) -> list[dict[str, str]]:
    system = entered.get("system") or ""
    first = [{"role": "system", "content": system}] if system.strip() else []
    return first + list(entered.get("thread") or [])


def _completion(picked: Picked, entered: Mapping[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = {"model": picked.name}
    if text := prompt(picked, entered):
        asked["prompt"] = text
    asked |= _given(entered, SAME_NAME + COMPLETION_ONLY)
    if entered.get("echo"):
        asked["echo"] = True
    return asked


def _chat(picked: Picked, entered: Mapping[str, Any]) -> dict[str, Any]:
    asked = {"model": picked.name, "messages": messages(entered)} | _given(entered, SAME_NAME + CHAT_ONLY)
    for name in ("logprobs", "store"):
        if entered.get(name):
            asked[name] = True
    if choice := entered.get("tool_choice"):
        asked["tool_choice"] = choice if choice in WAYS else {"type": "function", "function": {"name": choice}}
    if several := entered.get("parallel_tool_calls"):
        asked["parallel_tool_calls"] = several == "true"
    if kind := entered.get("response_format"):
        by_schema = {"json_schema": entered["json_schema"]} if entered.get("json_schema") else {}
        asked["response_format"] = {"type": kind} | by_schema
    return asked


def _given(entered: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(entered[name]) for name in names if entered.get(name) not in (None, "", {})}


def _plain(value: Any) -> Any:
    """Write 0 where a form made 0.0 of it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value

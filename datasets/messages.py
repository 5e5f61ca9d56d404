"""Lists of messages, wherever they stand in an example or in a file."""

from __future__ import annotations

from typing import Any

import orjson

from datasets.formats.jsonl import kind_of
from datasets.words import Sentence
from datasets.words import gettext_noop as _

Example = dict[str, Any]
Message = dict[str, Any]


class Spelled(dict[str, Any]):
    """An example that nothing has changed, with the line of the source that it was read from, without the line's end."""

    __slots__ = ("line",)

    line: bytes


def spelled(example: Example, line: bytes) -> Spelled:
    kept = Spelled(example)
    kept.line = line
    return kept


PROMPT_COMPLETION, CHAT, PREFERENCE = "prompt-completion", "chat", "preference"
PREFERRED, OTHER = "preferred_output", "non_preferred_output"


class Unusable(Exception):
    """What stands in a column makes no part of an example."""

    def __init__(self, column: str, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.column = column
        self.reason = reason


def format_of(example: Example) -> str:
    if "prompt" in example:
        return PROMPT_COMPLETION
    return CHAT if "messages" in example else PREFERENCE


def asked_of(example: Example) -> list[Message]:
    """The messages of a conversation, or those that come before the two answers of a preference."""
    messages: list[Message] = example["messages"] if "messages" in example else example["input"]["messages"]
    return messages


def messages_of(example: Example) -> list[Message]:
    """All messages of an example that is no pair."""
    return [*asked_of(example), *example.get(PREFERRED, ()), *example.get(OTHER, ())]


def parsed(value: Any) -> Any:
    """What a cell holds as JSON, or the cell."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def no_conversation(messages: Any) -> Sentence | None:
    """Why a value is no list of messages, or None if it is one."""
    if not isinstance(messages, list):
        return _("“messages” holds %(kind)s, not a list of messages.", kind=kind_of(messages))
    if not messages:
        return _("The list of messages is empty.")
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict):
            return _("Message %(number)s is %(kind)s, not an object.", number=number, kind=kind_of(message))
        if not isinstance(message.get("role"), str):
            return _("Message %(number)s has no role.", number=number)
    return None


def text_of(message: Message) -> str | None:
    """The text of a message, also if it comes in parts; None if it holds something else."""
    content = message.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in content):
        return "".join(part["text"] for part in content)
    return content if isinstance(content, str) else None

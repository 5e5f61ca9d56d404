"""Preference examples: what is asked, the answer that is preferred, and one that is not.

People have them in two spellings, {"input": {"messages"}, "preferred_output", "non_preferred_output"} and {"prompt",
"chosen", "rejected"}, where each side is a text, a message, or a conversation that may repeat the question. What comes
out is always the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from datasets.formats.jsonl import kind_of
from datasets.messages import OTHER, PREFERRED, Example, Message, Unusable, no_conversation, parsed
from datasets.words import gettext_noop as _

EXTRA_KEYS = ("tools", "parallel_tool_calls")
NAMES = (
    ("input", "prompt"),
    (PREFERRED, "preferred_completion", "chosen"),
    (OTHER, "non_preferred_completion", "rejected"),
)
"""Columns for what is asked, the preferred answer, and the other one."""


def example(values: Mapping[str, Any], asked: str, preferred: str, other: str) -> Example:
    """The example that a row makes of these columns; raises Unusable. Without a column for what is asked, both answers
    begin with it."""
    one, two = _answer(values.get(preferred), preferred), _answer(values.get(other), other)
    question, extra = _question(values.get(asked), asked) if asked else (_common(one, two, preferred), {})
    extra = {key: values[key] for key in EXTRA_KEYS if values.get(key) not in (None, "")} | extra
    return {"input": {"messages": question, **extra}, PREFERRED: _behind(question, one), OTHER: _behind(question, two)}


def _question(value: Any, column: str) -> tuple[list[Message], dict[str, Any]]:
    """Messages, an object with messages, or a text, which the user says; one that happens to be JSON stays a text."""
    inside = parsed(value)
    if isinstance(inside, dict) and (inside is value or "messages" in inside):
        extra = {key: inside[key] for key in EXTRA_KEYS if inside.get(key) not in (None, [])}
        return _conversation(inside.get("messages"), column), extra
    if isinstance(inside, list) and (inside is value or no_conversation(inside) is None):
        return _conversation(inside, column), {}
    return [{"role": "user", "content": _text(value, column)}], {}


def _answer(value: Any, column: str) -> list[Message]:
    """A text becomes a message of the assistant; one that happens to be JSON stays a text."""
    inside = parsed(value)
    if isinstance(inside, dict) and "role" in inside:
        inside = [inside]
    if isinstance(inside, list) and (not isinstance(value, str) or no_conversation(inside) is None):
        return _conversation(inside, column) if inside else []
    return [{"role": "assistant", "content": _text(value, column)}] if value is not None else []


def _conversation(value: Any, column: str) -> list[Message]:
    if reason := no_conversation(value):
        raise Unusable(column, reason)
    messages: list[Message] = value
    return messages


def _text(value: Any, column: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        raise Unusable(column, _("The cell holds %(kind)s, neither a text nor messages.", kind=kind_of(value)))
    return value if isinstance(value, str) else repr(value)


def _common(preferred: Sequence[Message], other: Sequence[Message], column: str) -> list[Message]:
    """The messages with which both answers begin."""
    both = takewhile(lambda sides: _same(*sides), zip(preferred[:-1], other[:-1], strict=False))
    shared = [one for one, _two in both]
    if not shared:
        raise Unusable(column, _("What was asked is missing: both answers should begin with the same messages."))
    return shared


def _behind(question: list[Message], answer: list[Message]) -> list[Message]:
    return answer[len(question) :] if _begins(answer, question) else answer


def _begins(answer: Sequence[Message], question: Sequence[Message]) -> bool:
    return len(answer) > len(question) and all(map(_same, answer, question))


def _same(one: Message, other: Message) -> bool:
    return (one["role"], one.get("content")) == (other["role"], other.get("content"))

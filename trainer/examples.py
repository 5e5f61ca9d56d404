"""Training files: one JSON object a line, prompt and completion, a chat, or a preference.

Reading stops at the first line that is wrong and says which one it is and what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

PROMPT_COMPLETION = "prompt-completion"
CHAT = "chat"
PREFERENCE = "preference"
ROLES = ("system", "user", "assistant", "developer")


class BadFile(Exception):
    """A training file cannot be used; the message is for the person who uploaded it."""


@dataclass(frozen=True)
class PromptCompletion:
    prompt: str
    completion: str


@dataclass(frozen=True)
class Message:
    role: str
    content: str
    weight: int = 1
    name: str = ""


@dataclass(frozen=True)
class Chat:
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Preference:
    """Preferred and other answers; the trainer reads them, and trains on them in no method that it has."""


Row = PromptCompletion | Chat | Preference
FORMATS: dict[type[Row], str] = {PromptCompletion: PROMPT_COMPLETION, Chat: CHAT, Preference: PREFERENCE}


def read(lines: Iterable[bytes]) -> Iterator[Row]:
    """Yield the rows of a file, all of one format; empty lines do not count."""
    first: type[Row] | None = None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = _row(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line, number)
            first = first or type(row)
            if type(row) is not first:
                formats = f"line {number} is {FORMATS[type(row)]}, the first one is {FORMATS[first]}"
                raise BadFile(f"Every line must have the same format: {formats}.")
            yield row
    if first is None:
        raise BadFile("The file is empty. It must have JSONL format, with one JSON dictionary on each line.")


def _row(line: bytes, number: int) -> Row:
    value = _dictionary(line, number)
    if "messages" in value:
        return Chat(_messages(value, number))
    if "preferred_output" in value or "preferred_completion" in value:
        return _preference(value, number)
    for key in ("prompt", "completion"):
        if key not in value:
            raise BadFile(
                'Expected file to have JSONL format with prompt/completion keys or with a "messages" key. '
                f'Missing "{key}" key on line {number}. (HINT: line starts with: "{_start(line)}...")'
            )
    return PromptCompletion(_text(value, "prompt", number), _completion(value, number))


def _dictionary(line: bytes, number: int) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, dict):
        return value
    raise BadFile(
        "Expected file to have JSONL format, where every line is a JSON dictionary. "
        f'Line {number} is not a dictionary (starts with: "{_start(line)}...").'
    )


def _start(line: bytes) -> str:
    return line.decode(errors="replace").strip()[:40]


def _text(value: dict[str, Any], key: str, number: int) -> str:
    if not isinstance(value[key], str):
        raise BadFile(f'The value of "{key}" on line {number} is not a string.')
    return str(value[key])


def _completion(value: dict[str, Any], number: int) -> str:
    if not (text := _text(value, "completion", number)):
        raise BadFile(f'The value of "completion" on line {number} is empty: there is nothing to learn from it.')
    return text


def _preference(value: dict[str, Any], number: int) -> Preference:
    if not isinstance(value.get("input"), dict):
        raise BadFile(f'The preference example on line {number} has no "input" dictionary.')
    if "non_preferred_output" not in value and "non_preferred_completion" not in value:
        raise BadFile(f'Missing "non_preferred_output" key on line {number}.')
    return Preference()


def _messages(value: dict[str, Any], number: int) -> tuple[Message, ...]:
    raw = value["messages"]
    if value.get("tools") or value.get("functions"):
        raise BadFile(f"The example on line {number} has tools: this trainer does not train on tool calls.")
    if not isinstance(raw, list) or not raw:
        raise BadFile(f'The value of "messages" on line {number} is not a list of at least one message.')
    messages = tuple(_message(item, f"Message {place} on line {number}") for place, item in enumerate(raw, start=1))
    if not any(message.role == "assistant" and message.weight for message in messages):
        raise BadFile(f"The example on line {number} has no message of the assistant to learn from.")
    return messages


def _message(item: object, where: str) -> Message:
    if not isinstance(item, dict):
        raise BadFile(f"{where} is not a JSON dictionary.")
    if item.get("tool_calls") or item.get("function_call"):
        raise BadFile(f"{where} calls a tool: this trainer does not train on tool calls.")
    if item.get("role") not in ROLES:
        raise BadFile(f"{where} has the role {item.get('role')!r}; it must be one of {', '.join(ROLES)}.")
    if (weight := item.get("weight", 1)) not in (0, 1):
        raise BadFile(f"{where} has the weight {weight!r}; it must be 0 or 1.")
    name = item.get("name") or ""
    if not isinstance(name, str):
        raise BadFile(f'The "name" of {where[0].lower()}{where[1:]} is not a string.')
    return Message(item["role"], content_text(item.get("content"), where), int(weight), name)


def content_text(content: object, where: str) -> str:
    """Return the text of a message, which is a string or a list of text parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        if strange := next((part.get("type") for part in content if part.get("type") != "text"), None):
            raise BadFile(f"{where} has a part of the type {strange!r}: this trainer reads text only.")
        if all(isinstance(part.get("text"), str) for part in content):
            return "".join(part["text"] for part in content)
    raise BadFile(f'{where} has no "content" that is a string.')

"""Which columns make an example, and the example that a row makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from datasets.formats.jsonl import kind_of
from datasets.formats.rows import BadRow, Row, excerpt, shown, unfit
from datasets.words import Sentence
from datasets.words import gettext_noop as _

Example = dict[str, Any]
PROMPT_COMPLETION = "prompt-completion"
CHAT = "chat"
EXTRA_CHAT_KEYS = ("tools", "functions", "parallel_tool_calls")
_FIELD = re.compile(r"\{([^{}\n]+)\}")


@dataclass(frozen=True, kw_only=True)
class Mapping:
    format: str
    prompt: str = ""  # column; "" for open-ended generation
    template: str = ""  # instead of a column: a prompt with {column} where each column's text belongs
    completion: str = ""
    messages: str = ""
    system: str = ""  # the system message of each conversation, where these are made of prompt and completion

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    def used(self) -> list[str]:
        prompts = fields(self.template) if self.template else [self.prompt]
        return [column for column in (*prompts, self.completion, self.messages) if column]


def fields(template: str) -> list[str]:
    """The columns that a template names, in their order."""
    return _FIELD.findall(template)


def detect(columns: Sequence[str]) -> Mapping | None:
    """The mapping that the columns' names say, whatever their case; None if a person has to point."""
    named = {column.strip().casefold(): column for column in reversed(columns)}
    if "messages" in named and not ("prompt" in named and "completion" in named):
        return Mapping(format=CHAT, messages=named["messages"])
    if "completion" in named and ("prompt" in named or len(columns) == 1):
        return Mapping(format=PROMPT_COMPLETION, prompt=named.get("prompt", ""), completion=named["completion"])
    return None


def encoded(example: Example) -> bytes:
    """An example as one line of a training file, without the line's end."""
    return orjson.dumps(example)


def taker(mapping: Mapping) -> Callable[[Row], Example | BadRow]:
    """A function that makes the example of a row, or says what is wrong with the row."""
    take = _taker(mapping)

    def taken(row: Row) -> Example | BadRow:
        example = take(row, mapping)
        return example if isinstance(example, BadRow) else _storable(row, example, mapping)

    return taken


def _taker(mapping: Mapping) -> Callable[[Row, Mapping], Example | BadRow]:
    if mapping.messages:
        return _conversation
    if mapping.format == CHAT:
        return _made_conversation
    return _templated if mapping.template else _pair


def _made_conversation(row: Row, mapping: Mapping) -> Example | BadRow:
    """One question and its answer as a conversation; what a completion needs around its texts, a chat does not."""
    pair = _templated(row, mapping) if mapping.template else _pair(row, mapping)
    if isinstance(pair, BadRow):
        return pair
    said = (("system", mapping.system), ("user", pair["prompt"]), ("assistant", pair["completion"].strip()))
    return {"messages": [{"role": role, "content": text} for role, text in said if text or role == "assistant"]}


def _pair(row: Row, mapping: Mapping) -> Example | BadRow:
    example: Example = {}
    for key, column in (("prompt", mapping.prompt), ("completion", mapping.completion)):
        text = _cell(row, column) if column else ""
        if isinstance(text, BadRow):
            return text
        example[key] = text
    return example


def _templated(row: Row, mapping: Mapping) -> Example | BadRow:
    cells: dict[str, str] = {}
    for column in mapping.used():
        text = _cell(row, column)
        if isinstance(text, BadRow):
            return text
        cells[column] = text
    prompt = _FIELD.sub(lambda found: cells[found[1]], mapping.template)
    if reason := unfit(prompt):
        return BadRow(row.line, "", reason, excerpt(prompt))
    return {"prompt": prompt, "completion": cells[mapping.completion]}


def _cell(row: Row, column: str) -> str | BadRow:
    text = _text(row.values.get(column))
    if isinstance(text, Sentence):
        return BadRow(row.line, column, text, shown(row.values[column]))
    if reason := unfit(text):
        return BadRow(row.line, column, reason, excerpt(text))
    return text


def _text(value: Any) -> str | Sentence:
    """A cell as text: numbers as JSON spells them, null as nothing."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return _("The cell holds %(kind)s, not a text.", kind=kind_of(value))


def _conversation(row: Row, mapping: Mapping) -> Example | BadRow:
    messages = row.values.get(mapping.messages)
    if isinstance(messages, str):
        messages = _parsed(messages)
    reason = _no_conversation(messages)
    if reason:
        return BadRow(row.line, mapping.messages, reason, shown(row.values.get(mapping.messages)))
    extra = {key: row.values[key] for key in EXTRA_CHAT_KEYS if row.values.get(key) not in (None, "")}
    return {"messages": messages, **extra}


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _no_conversation(messages: Any) -> Sentence | None:
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


def _storable(row: Row, example: Example, mapping: Mapping) -> Example | BadRow:
    if mapping.format != CHAT:
        return example
    try:
        line = encoded(example)
    except (orjson.JSONEncodeError, TypeError):
        return BadRow(row.line, mapping.messages, _("The conversation holds text that no file can hold."))
    if b"\\u0000" in line and _holds_nul(example):
        return BadRow(row.line, mapping.messages, _("The text contains a NUL character, which no model can learn from."))
    return example


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_holds_nul, value))

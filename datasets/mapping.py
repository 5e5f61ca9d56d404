"""Which columns make an example, and the examples that a row makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from datasets import preferences, turns
from datasets.formats.jsonl import kind_of
from datasets.formats.rows import BadRow, Row, excerpt, shown, unfit
from datasets.messages import (
    CHAT,
    PREFERENCE,
    PREFERRED,
    PROMPT_COMPLETION,
    Example,
    Spelled,
    Unusable,
    no_conversation,
    parsed,
)
from datasets.words import Sentence
from datasets.words import gettext_noop as _

__all__ = [
    "CHAT",
    "PREFERENCE",
    "PROMPT_COMPLETION",
    "Example",
    "Mapping",
    "detect",
    "encoded",
    "fields",
    "filled",
    "maker",
    "pieces",
    "taker",
]
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
    asks: str = ""  # who asks and who answers, where a prompt is made of a conversation
    answers: str = ""
    keep_system: bool = False
    preferred: str = ""  # columns of two answers to the same prompt
    non_preferred: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def used(self) -> list[str]:
        prompts = fields(self.template) if self.template else [self.prompt]
        return [
            column for column in (*prompts, self.completion, self.messages, self.preferred, self.non_preferred) if column
        ]

    def keys(self) -> list[str]:
        """The keys that a line of a training file of this format has."""
        return ["messages"] if self.format == CHAT else ["prompt", "completion"]


def fields(template: str) -> list[str]:
    """The columns that a template names, in their order."""
    return _FIELD.findall(template)


def filled(template: str, cells: dict[str, str]) -> str:
    """The prompt that a template makes of these columns' texts."""
    return _FIELD.sub(lambda found: cells[found[1]], template)


def pieces(template: str) -> tuple[list[str], list[str]]:
    """The texts between the columns of a template, one more than there are columns, and the columns."""
    split = _FIELD.split(template)
    return split[::2], split[1::2]


def detect(columns: Sequence[str]) -> Mapping | None:
    """The mapping that the columns' names say, whatever their case; None if a person has to point."""
    named = {column.strip().casefold(): column for column in reversed(columns)}
    asked, preferred, other = (next((named[name] for name in names if name in named), "") for names in preferences.NAMES)
    if preferred and other:
        return Mapping(format=PREFERENCE, prompt=asked, preferred=preferred, non_preferred=other)
    if "messages" in named and not ("prompt" in named and "completion" in named):
        return Mapping(format=CHAT, messages=named["messages"])
    if "completion" in named and ("prompt" in named or len(columns) == 1):
        return Mapping(format=PROMPT_COMPLETION, prompt=named.get("prompt", ""), completion=named["completion"])
    return None


def encoded(example: Example) -> bytes:
    """An example as one line of a training file, without the line's end: as it was uploaded, if nothing has changed it."""
    return example.line if isinstance(example, Spelled) else orjson.dumps(example)


def maker(mapping: Mapping) -> Callable[[Row], Iterable[Example | BadRow]]:
    """A function that makes the examples of a row: one, or one for each answer of a conversation."""
    if mapping.messages and mapping.format == PROMPT_COMPLETION:
        return lambda row: _turns(row, mapping)
    take = taker(mapping)
    return lambda row: (take(row),)


def taker(mapping: Mapping) -> Callable[[Row], Example | BadRow]:
    """A function that makes the example of a row, or says what is wrong with the row."""
    take = _taker(mapping)

    def taken(row: Row) -> Example | BadRow:
        example = take(row, mapping)
        return example if isinstance(example, BadRow) else _storable(row, example, mapping)

    return taken


def _taker(mapping: Mapping) -> Callable[[Row, Mapping], Example | BadRow]:
    if mapping.preferred:
        return _preference if mapping.format == PREFERENCE else _preferred_only
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
    prompt = filled(mapping.template, cells)
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
    messages = parsed(row.values.get(mapping.messages))
    if reason := no_conversation(messages):
        return _bad(row, mapping, reason)
    extra = {key: row.values[key] for key in EXTRA_CHAT_KEYS if row.values.get(key) not in (None, "")}
    return {"messages": messages, **extra}


def _preference(row: Row, mapping: Mapping) -> Example | BadRow:
    try:
        return preferences.example(row.values, mapping.prompt, mapping.preferred, mapping.non_preferred)
    except Unusable as wrong:
        return BadRow(row.line, wrong.column, wrong.reason, shown(row.values.get(wrong.column)))


def _preferred_only(row: Row, mapping: Mapping) -> Example | BadRow:
    """The conversation with the preferred answer, for a model that learns by example."""
    example = _preference(row, mapping)
    if isinstance(example, BadRow):
        return example
    asked = example["input"]
    return {**asked, "messages": [*asked["messages"], *example[PREFERRED]]}


def _turns(row: Row, mapping: Mapping) -> Iterator[Example | BadRow]:
    """A prompt and a completion for each answer of a conversation, or one bad row."""
    chat = _conversation(row, mapping)
    if isinstance(chat, BadRow):
        yield chat
        return
    try:
        made = list(turns.pairs(chat["messages"], asks=mapping.asks, answers=mapping.answers, system=mapping.keep_system))
        reason = None if made else _("The conversation has no answer of the assistant.")
    except Unusable as wrong:
        made, reason = [], wrong.reason
    reason = reason or next((why for pair in made for text in pair.values() if (why := unfit(text))), None)
    yield from made if not reason else [_bad(row, mapping, reason)]


def _bad(row: Row, mapping: Mapping, reason: Sentence) -> BadRow:
    return BadRow(row.line, mapping.messages, reason, shown(row.values.get(mapping.messages)))


def _storable(row: Row, example: Example, mapping: Mapping) -> Example | BadRow:
    if mapping.format == PROMPT_COMPLETION:
        return example
    try:
        line = encoded(example)
    except (orjson.JSONEncodeError, TypeError):
        return _bad(row, mapping, _("The conversation holds text that no file can hold."))
    if b"\\u0000" in line and _holds_nul(example):
        return _bad(row, mapping, _("The text contains a NUL character, which no model can learn from."))
    return example


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_holds_nul, value))

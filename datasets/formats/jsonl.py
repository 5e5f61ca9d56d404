"""JSON Lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from datasets.formats.options import Options
from datasets.formats.rows import MAX_COLUMNS, BadRow, Row, excerpt, shown, unfit
from datasets.formats.text import MAX_LINE, lines
from datasets.words import Sentence
from datasets.words import gettext_noop as _

MAX_KEY = 200


def read(file: BinaryIO, options: Options) -> Iterator[Row | BadRow]:
    for number, line in enumerate(lines(file, options.encoding), 1):
        if line.strip():
            yield parse(number, line)


def parse(number: int, line: str) -> Row | BadRow:
    if len(line) > MAX_LINE:
        return BadRow(number, "", _("The line is longer than %(limit)s characters.", limit=MAX_LINE), excerpt(line))
    try:
        value = orjson.loads(line)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        return BadRow(number, "", _what_is_wrong(error), excerpt(line))
    return object_row(number, value, line)


def object_row(number: int, value: Any, text: str = "") -> Row | BadRow:
    if not isinstance(value, dict):
        reason = _("The line holds %(kind)s, not an object in curly brackets.", kind=kind_of(value))
        return BadRow(number, "", reason, shown(value))
    if len(value) > MAX_COLUMNS:
        return BadRow(number, "", _("The object has more than %(limit)s keys.", limit=MAX_COLUMNS))
    for key in value:
        if wrong := unfit(key) or _too_long(key):
            return BadRow(number, "", wrong, excerpt(key))
    return Row(number, value, text)


def _too_long(key: str) -> Sentence | None:
    return _("A key is longer than %(limit)s characters.", limit=MAX_KEY) if len(key) > MAX_KEY else None


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"


def _what_is_wrong(error: Exception) -> Sentence:
    if isinstance(error, orjson.JSONDecodeError):
        message = error.msg.split(":")[0]
        return _("This is no valid JSON: %(reason)s, at character %(column)s.", reason=message, column=error.colno)
    return _("Some bytes are no valid text in the file's encoding.")

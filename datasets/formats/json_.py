"""JSON: an array of objects, one object that holds such an array, or objects one after another.

The file is read as a stream: memory holds one item and one block, whatever the size of the array.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from datasets.formats.jsonl import object_row
from datasets.formats.options import Options
from datasets.formats.rows import EXAMPLE_KEYS, BadRow, Row, excerpt
from datasets.formats.text import lines
from datasets.words import Sentence
from datasets.words import gettext_noop as _

BLOCK = 1 << 18
MAX_ITEM = 8_000_000  # characters
_SPACE = " \t\r\n\ufeff"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def read(file: BinaryIO, options: Options) -> Iterator[Row | BadRow]:
    text = _Text(lines(file, options.encoding))
    try:
        yield from _top(text)
    except _Broken as broken:
        yield BadRow(text.line, "", broken.sentence, excerpt(text.ahead(200)))


def _top(text: _Text) -> Iterator[Row | BadRow]:
    while character := text.peek():
        if character == "[":
            yield from _items(text)
        elif character == "{":
            yield from _object(text)
        elif character == ",":
            text.take()
        else:
            line, value = text.value()
            yield object_row(line, value)


def _items(text: _Text) -> Iterator[Row | BadRow]:
    text.take()
    while (character := text.peek()) != "]":
        if not character:
            raise _Broken(_("The file ends in the middle of the list: its closing bracket is missing."))
        if character == ",":
            text.take()
            continue
        line, value = text.value()
        yield object_row(line, value)
    text.take()


def _object(text: _Text) -> Iterator[Row | BadRow]:
    """An example, or the wrapper of a list of examples."""
    line, key = text.first_key()
    if key in EXAMPLE_KEYS or key is None:
        line, value = text.value()
        yield object_row(line, value)
        return
    yield from _wrapper(text)


def _wrapper(text: _Text) -> Iterator[Row | BadRow]:
    line, whole, found = text.line, dict[str, Any](), False
    text.take()
    while (character := text.peek()) != "}":
        if not character:
            raise _Broken(_("The file ends in the middle of an object: its closing bracket is missing."))
        if character == ",":
            text.take()
            continue
        key = text.key()
        if text.peek() == "[" and text.second() in "{" and key not in EXAMPLE_KEYS:
            found = True
            yield from _items(text)
        else:
            whole[key] = text.value()[1]
    text.take()
    if not found:
        yield object_row(line, whole)


class _Broken(Exception):
    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence


class _Text:
    """A window over the file's text, with the line number of its beginning."""

    def __init__(self, found: Iterator[str]) -> None:
        self.found = found
        self.window = ""
        self.at = 0
        self.line = 1

    def ahead(self, count: int) -> str:
        return self.window[self.at : self.at + count]

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            while self.at < len(self.window):
                character = self.window[self.at]
                if character not in _SPACE:
                    return character
                self._pass(self.at + 1)
            if not self._more():
                return ""

    def take(self) -> None:
        self._pass(self.at + 1)

    def second(self) -> str:
        """The first character inside the bracket that stands next."""
        while True:
            rest = self.window[self.at + 1 :].lstrip(_SPACE)
            if rest or not self._more():
                return rest[:1]

    def first_key(self) -> tuple[int, str | None]:
        """The first key of the object that stands next, without moving."""
        while True:
            rest = self.window[self.at + 1 :].lstrip(_SPACE)
            if rest and rest[0] != '"':
                return self.line, None
            try:
                return self.line, str(_DECODER.raw_decode(rest)[0])
            except ValueError:
                if len(rest) > MAX_ITEM or not self._more():
                    return self.line, None

    def key(self) -> str:
        _line, key = self.value()
        if not isinstance(key, str) or self.peek() != ":":
            raise _Broken(_("This is no valid JSON: a key in double quotes and a colon should stand here."))
        self.take()
        return key

    def value(self) -> tuple[int, Any]:
        """The next value and the line that it begins on."""
        self.peek()
        line = self.line
        value, end = self._decode()
        self._pass(end)
        return line, value

    def _decode(self) -> tuple[Any, int]:
        while True:
            try:
                value, end = _DECODER.raw_decode(self.window, self.at)
                if end < len(self.window) or not self._more():
                    return value, end
            except RecursionError:
                raise _Broken(_("The item is nested too deeply.")) from None
            except ValueError as error:
                if not self._grow():
                    raise _Broken(_wrong(error)) from None

    def _grow(self) -> bool:
        """Double the window for an item that did not fit."""
        have = len(self.window) - self.at
        grew = False
        while have <= MAX_ITEM and len(self.window) - self.at < 2 * have and self._more():
            grew = True
        return grew

    def _more(self) -> bool:
        block = io.StringIO()
        for line in self.found:
            block.write(line)
            if block.tell() >= BLOCK:
                break
        self.window, self.at = self.window[self.at :] + block.getvalue(), 0
        return block.tell() > 0

    def _pass(self, end: int) -> None:
        self.line += self.window.count("\n", self.at, end)
        self.at = end


def _wrong(error: ValueError) -> Sentence:
    reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    return _("This is no valid JSON: %(reason)s. What follows cannot be read.", reason=reason)

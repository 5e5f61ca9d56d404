"""JSON: an array of objects, one object that holds such an array, or objects one after another.

The file is read as a stream: memory holds one item and one block, whatever the size of the array. An item of an array
that is broken becomes a bad row, and reading goes on with the next item, if it can be told where that begins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from typing import Any, BinaryIO

from datasets.formats.json_ends import MARKS, ItemEnd
from datasets.formats.jsonl import object_row
from datasets.formats.options import Options
from datasets.formats.rows import EXAMPLE_KEYS, BadRow, Row, excerpt
from datasets.formats.text import blocks
from datasets.words import Sentence
from datasets.words import gettext_noop as _

BLOCK = 1 << 18
MAX_ITEM = 8_000_000  # characters
MAX_MARKS = 2_000_000  # brackets, commas and quotation marks of a broken item
KEYS_KEPT = 1_000
TRIES = 20  # at finding a whole item inside a broken one
LONGEST_MARK = 16  # characters of what may be cut off at the end of a block: a number, an escape
_SPACE = " \t\r\n\ufeff"
_SPACES, _FILLED = re.compile(f"[{_SPACE}]*"), re.compile(f"[^{_SPACE}]")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def read(file: BinaryIO, options: Options) -> Iterator[Row | BadRow]:
    text = _Text(blocks(file, options.encoding, BLOCK))
    try:
        yield from _top(text)
    except _Broken as broken:
        yield broken.row


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
    keys = set(EXAMPLE_KEYS)
    while (character := text.peek()) != "]":
        if not character:
            raise text.broken(_("The file ends in the middle of the list: its closing bracket is missing."))
        if character == ",":
            text.take()
            continue
        try:
            row = object_row(*text.value())
        except _Broken as broken:
            yield broken.row
            text.to_next_item(keys)
            continue
        if isinstance(row, Row) and len(keys) < KEYS_KEPT:
            keys.update(row.values)
        yield row
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
    line, whole, found, begun = text.line, dict[str, Any](), False, text.passed
    text.take()
    while (character := text.peek()) != "}":
        if not character:
            raise text.broken(_("The file ends in the middle of an object: its closing bracket is missing."))
        if character == ",":
            text.take()
            continue
        key = text.key()
        if text.peek() == "[" and text.second() in "{" and key not in EXAMPLE_KEYS:
            found = True
            yield from _items(text)
        else:
            value = text.value()[1]
            if text.passed - begun <= MAX_ITEM:  # beyond that it is no example
                whole[key] = value
    text.take()
    if found:
        return
    if text.passed - begun > MAX_ITEM:
        yield BadRow(line, "", _("The object is longer than %(limit)s characters.", limit=MAX_ITEM))
    else:
        yield object_row(line, whole)


class _Broken(Exception):
    def __init__(self, row: BadRow) -> None:
        self.row = row


class _Text:
    """A window over the file's text, with the line number of its beginning."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self.blocks = blocks
        self.window = ""
        self.at = 0
        self.line = 1
        self.passed = 0  # characters of what was read so far

    def broken(self, sentence: Sentence) -> _Broken:
        return _Broken(BadRow(self.line, "", sentence, excerpt(self.window[self.at : self.at + 200])))

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            self._pass(_SPACES.match(self.window, self.at).end())  # type: ignore[union-attr]
            if self.at < len(self.window):
                return self.window[self.at]
            if not self._more():
                return ""

    def take(self) -> None:
        self._pass(self.at + 1)

    def second(self) -> str:
        """The first character that is no space, behind the one that stands next; "" at the end."""
        while True:
            found = _FILLED.search(self.window, self.at + 1)
            if found or len(self.window) - self.at > MAX_ITEM or not self._more():
                return found[0] if found else ""

    def first_key(self) -> tuple[int, str | None]:
        """The first key of the object that stands next, without moving."""
        while self.second() == '"':
            try:
                return self.line, str(_DECODER.raw_decode(self.window, self.window.index('"', self.at))[0])
            except ValueError:
                if len(self.window) - self.at > MAX_ITEM or not self._more():
                    break
        return self.line, None

    def key(self) -> str:
        _line, key = self.value()
        if not isinstance(key, str) or self.peek() != ":":
            raise self.broken(_("This is no valid JSON: a key in double quotes and a colon should stand here."))
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
                raise self.broken(_("The item is nested too deeply.")) from None
            except ValueError as error:
                if _is_certain(error, len(self.window)) or not self._grow():
                    raise self.broken(self._wrong(error)) from None

    def _wrong(self, error: ValueError) -> Sentence:
        if "digits" in str(error):
            return _("A number here has more digits than can be read.")
        if not isinstance(error, json.JSONDecodeError):
            return _("This is no valid JSON: %(reason)s.", reason=str(error))
        line = self.line + self.window.count("\n", self.at, error.pos)
        return _("This is no valid JSON: %(reason)s in line %(line)s.", reason=error.msg, line=line)

    def to_next_item(self, keys: Container[str]) -> None:
        """Pass over the broken item that stands next, to the comma or bracket behind it, or to the end of the file.

        The keys of good items are what the next one is known by, where the brackets do not tell.
        """
        if self.at > BLOCK:  # an error counts the lines before it, from the window's beginning
            self.window, self.at = self.window[self.at :], 0
        end, tries, passed = ItemEnd(), TRIES, 0
        while found := self._next_mark():
            passed += 1
            if passed > MAX_MARKS:
                raise self.broken(_("The broken item does not end where one can see it: what follows cannot be read."))
            mark = found[0]
            if end.sees(mark) and (self._item_follows() if mark == "," else self._list_ends()):
                return
            if mark == "," and tries and self._item_follows():
                tries -= 1
                if self._is_item(keys):
                    return
            self._pass(self.at + len(mark))

    def _next_mark(self) -> re.Match[str] | None:
        """Go to the next bracket, comma, quotation mark or line's end; None at the end of the file."""
        while True:
            found = MARKS.search(self.window, self.at)
            if found:
                self._pass(found.start())
                return found
            self._pass(max(self.at, len(self.window) - 1))  # a backslash at the end belongs to what follows
            if not self._more():
                self._pass(len(self.window))
                return None

    def _item_follows(self) -> bool:
        return self.second() == "{"

    def _list_ends(self) -> bool:
        return self.second() in (*",}", "")

    def _is_item(self, keys: Container[str]) -> bool:
        """Whether a whole object with a known key stands behind the comma."""
        rest = self.window.index("{", self.at)
        try:
            value = _DECODER.raw_decode(self.window, rest)[0]
        except (ValueError, RecursionError):
            return False
        return any(key in keys for key in value)

    def _grow(self) -> bool:
        """Double the window for an item that did not fit."""
        have = len(self.window) - self.at
        grew = False
        while have <= MAX_ITEM and len(self.window) - self.at < 2 * have and self._more():
            grew = True
        return grew

    def _more(self) -> bool:
        block = next(self.blocks, "")
        self.window, self.at = self.window[self.at :] + block, 0
        return bool(block)

    def _pass(self, end: int) -> None:
        self.line += self.window.count("\n", self.at, end)
        self.passed += end - self.at
        self.at = end


def _is_certain(error: ValueError, end: int) -> bool:
    """Whether more of the file would change nothing: the mistake stands well before the end of what was looked at."""
    if not isinstance(error, json.JSONDecodeError):
        return True
    return error.pos < end - LONGEST_MARK and not error.msg.startswith("Unterminated")

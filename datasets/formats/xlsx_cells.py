"""Handlers of a workbook's XML: the table of texts, the styles that are dates, the rows of a sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from datasets.formats.rows import MAX_CELL, MAX_COLUMNS, Unreadable
from datasets.words import gettext_noop as _

MAX_CELLS = 50_000_000  # with the empty ones that a file spells out

_EPOCH = datetime(1899, 12, 30)
_BUILT_IN_DATES = {*range(14, 23), *range(45, 48)}
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})\d*")


@dataclass
class SheetRow:
    line: int
    by_column: dict[int, str] = field(default_factory=dict)

    def cells(self, width: int) -> list[str]:
        return [self.by_column.get(column, "") for column in range(width)]


class _Collected:
    """Text between two tags, at most one character more than a cell may have."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0

    def add(self, data: str) -> None:
        if self.size <= MAX_CELL:
            kept = data[: MAX_CELL + 1 - self.size]
            self.parts.append(kept)
            self.size += len(kept)

    def taken(self) -> str:
        text = "".join(self.parts)
        self.parts, self.size = [], 0
        return _unescape(text) if "_x" in text else text


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


class TextTable:
    """xl/sharedStrings.xml: the texts of the workbook, by number; notes on pronunciation are left out."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._text = _Collected()
        self._inside = self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "t":
            self._inside = not self._phonetic
        elif name == "rPh":
            self._phonetic = True

    def end(self, name: str) -> None:
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.texts.append(self._text.taken())

    def text(self, data: str) -> None:
        if self._inside:
            self._text.add(data)


class DateStyles:
    """xl/styles.xml: the numbers of the cell styles that show a date or a time."""

    def __init__(self) -> None:
        self.styles: set[int] = set()
        self._formats = set(_BUILT_IN_DATES)
        self._inside = False
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt" and _shows_date(attributes.get("formatCode", "")):
            self._formats.add(_number(attributes.get("numFmtId", "")))
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            if _number(attributes.get("numFmtId", "")) in self._formats:
                self.styles.add(self._count)
            self._count += 1

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False

    def text(self, data: str) -> None:
        pass


def _shows_date(code: str) -> bool:
    return any(letter in "ymdhs" for letter in _LITERALS.sub("", code[:200]).lower())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class SheetRows:
    """A worksheet: rows that hold something, with the number that Excel shows for them."""

    def __init__(self, texts: list[str], dates: set[int]) -> None:
        self._texts, self._dates = texts, dates
        self._done: list[SheetRow] = []
        self._row = SheetRow(0)
        self._column = -1
        self._seen = 0
        self._type = self._style = ""
        self._text = _Collected()
        self._inside = self._phonetic = False

    def taken(self) -> list[SheetRow]:
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("row", "c"):
            self._count()
        if name == "row":
            number = _number(attributes.get("r", ""))
            self._row = SheetRow(number if number > 0 else self._row.line + 1)
            self._column = -1
        elif name == "c":
            self._column = _column(attributes.get("r", ""), self._column + 1)
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        elif name in ("v", "t"):
            self._inside = not self._phonetic
        elif name == "rPh":
            self._phonetic = True

    def _count(self) -> None:
        self._seen += 1
        if self._seen > MAX_CELLS:
            raise Unreadable(
                _("The sheet has more than %(limit)s cells. Upload it as .csv, or a part of it.", limit=MAX_CELLS)
            )

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._inside = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "c":
            if value := self._value(self._text.taken()):
                self._row.by_column[min(self._column, MAX_COLUMNS)] = value
        elif name == "row" and self._row.by_column:
            self._done.append(self._row)

    def text(self, data: str) -> None:
        if self._inside:
            self._text.add(data)

    def _value(self, text: str) -> str:
        if self._type == "s":
            number = _number(text.strip())
            return self._texts[number] if 0 <= number < len(self._texts) else ""
        if self._type == "b":
            return "TRUE" if text.strip() == "1" else "FALSE"
        if self._type == "n" and text:
            return _date(text) if _number(self._style) in self._dates else _plain(text)
        return text


def _column(reference: str, following: int) -> int:
    found = _REFERENCE.match(reference)
    if not found:
        return following
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _plain(text: str) -> str:
    """A number as people write it: 3 and not 3.0, 0.1 and not 0.10000000000000001."""
    try:
        number = float(text)
    except ValueError:
        return text
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.15g}"


def _date(text: str) -> str:
    try:
        moment = _EPOCH + timedelta(days=float(text))
    except (ValueError, OverflowError):
        return text
    moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    if moment.hour == moment.minute == moment.second == 0:
        return moment.date().isoformat()
    if 0 <= float(text) < 1:
        return moment.time().isoformat()
    return moment.isoformat(sep=" ")

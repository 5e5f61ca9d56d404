"""What every reader yields: a row, or a row that cannot be used and why."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from datasets.words import Refused, Sentence, ngettext
from datasets.words import gettext_noop as _

MAX_CELL = 1_000_000  # characters
MAX_COLUMNS = 1_000
SHOWN = 500  # characters of what stands in a cell
EXAMPLE_KEYS = frozenset(
    {"prompt", "completion", "messages", "input", "chosen", "rejected", "preferred_output", "non_preferred_output"}
)


class Row(NamedTuple):
    line: int  # in the source, counted from 1
    values: dict[str, Any]
    text: str = ""  # the line as it stands in a file of JSON lines


class BadRow(NamedTuple):
    line: int
    column: str
    reason: Sentence
    text: str = ""  # the beginning of what stands there


class Unreadable(Refused):
    """Nothing of the file can be read."""


def excerpt(text: str, most: int = SHOWN) -> str:
    """The beginning of a text, made storable: no NUL, no half characters."""
    return text[:most].replace("\x00", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


def shown(value: object, most: int = SHOWN) -> str:
    """The beginning of any JSON value as text."""
    if value is None:
        return ""
    try:
        return excerpt(value if isinstance(value, str) else orjson.dumps(value).decode(), most)
    except TypeError:  # nested too deeply, or half characters within
        return "…"


def unfit(text: str) -> Sentence | None:
    """Why a text cannot be part of an example, or None if it can."""
    if len(text) > MAX_CELL:
        return _("The cell is longer than %(limit)s characters.", limit=MAX_CELL)
    if "\x00" in text:
        return _("The text contains a NUL character, which no model can learn from.")
    if not text.isascii() and _has_surrogates(text):
        return _("Some bytes are no valid text in the file's encoding.")
    return None


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def named_columns(header: list[str]) -> list[str]:
    """Column names that are never empty and never the same twice."""
    if len(header) > MAX_COLUMNS:
        raise Unreadable(_("The first line has more than %(limit)s columns.", limit=MAX_COLUMNS))
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        name = excerpt(cell.strip().strip("\ufeff"))[:100].strip() or f"Column {number}"
        names.append(_unused(name, names))
    return names


def _unused(name: str, names: list[str]) -> str:
    candidate, turn = name, 2
    while candidate in names:
        candidate, turn = f"{name} ({turn})", turn + 1
    return candidate


def numbered_columns(count: int) -> list[str]:
    return named_columns([""] * count)


def table_row(line: int, cells: list[str], columns: list[str]) -> Row | BadRow:
    """One record of a table as a row; a wrong number of cells or an unfit cell makes it a bad one."""
    if len(cells) != len(columns):
        extra = cells[len(columns) :]
        if len(cells) < len(columns) or any(extra):
            return BadRow(line, "", _wrong_count(len(cells), len(columns)), excerpt(" | ".join(cells)))
    for column, cell in zip(columns, cells, strict=False):
        if reason := unfit(cell):
            return BadRow(line, column, reason, excerpt(cell))
    return Row(line, dict(zip(columns, cells, strict=False)))


def _wrong_count(cells: int, columns: int) -> Sentence:
    return ngettext(
        "The line has %(count)s cell, the header names %(columns)s.",
        "The line has %(count)s cells, the header names %(columns)s.",
        cells,
        columns=columns,
    )

"""Excel workbooks, read as a stream.

A sheet is parsed as it is unpacked, so that neither a bomb of zeros nor a cell in the last corner of the sheet takes
memory: what counts is the text that is really there, and that is limited.
"""

from __future__ import annotations

import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from datasets.formats.header import LOOKED_AT, Head
from datasets.formats.options import Options
from datasets.formats.rows import MAX_COLUMNS, BadRow, Row, Unreadable, named_columns, numbered_columns, table_row
from datasets.formats.xlsx_bounds import refuse_directory, refuse_part, too_large
from datasets.formats.xlsx_cells import DateStyles, SheetRow, SheetRows, TextTable
from datasets.words import gettext_noop as _

MAX_SHEET = 2_000_000_000  # bytes of unpacked XML
MAX_TEXTS = 300_000_000
MAX_PART = 20_000_000
BLOCK = 1 << 16
# What zipfile lets through when bytes are wrong.
BROKEN = (zipfile.BadZipFile, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, struct.error)
DAMAGED = _("The file is no Excel workbook, or it is damaged. Open it in Excel and save it again as .xlsx.")


class Sheet(NamedTuple):
    name: str
    part: str


def sheets(file: BinaryIO) -> list[str]:
    with _open(file) as book:
        return [sheet.name for sheet in _sheets(book)]


def read(file: BinaryIO, options: Options) -> Iterator[Row | BadRow]:
    with _open(file) as book:
        columns, rows = _begun(book, options)
        for row in rows:
            if any(cell.strip() for cell in row.by_column.values()):
                yield table_row(row.line, row.cells(len(columns)), columns)


def columns(file: BinaryIO, options: Options) -> list[str]:
    with _open(file) as book:
        return _begun(book, options)[0]


def heads(file: BinaryIO, options: Options) -> list[Head]:
    """The first rows that hold something."""
    with _open(file) as book:
        return [Head.of(row.line, row.by_column.values()) for row in islice(_rows(book, options.sheet), LOOKED_AT)]


def _begun(book: zipfile.ZipFile, options: Options) -> tuple[list[str], Iterator[SheetRow]]:
    """The columns, and the rows below their names."""
    rows = _rows(book, options.sheet)
    first = next((row for row in rows if row.line >= (options.header_row or 0)), None)
    if first is None:
        return [], rows
    width = max(first.by_column) + 1
    if width > MAX_COLUMNS:
        raise Unreadable(_("The first line has more than %(limit)s columns.", limit=MAX_COLUMNS))
    if options.header_row == 0:
        return numbered_columns(width), chain([first], rows)
    return named_columns(first.cells(width)), rows


def _open(file: BinaryIO) -> zipfile.ZipFile:
    try:
        refuse_directory(file)
        file.seek(0)
        return zipfile.ZipFile(file)
    except (*BROKEN, NotImplementedError):
        raise Unreadable(DAMAGED) from None


def _rows(book: zipfile.ZipFile, wanted: str) -> Iterator[SheetRow]:
    found = _sheets(book)
    chosen = next((sheet for sheet in found if sheet.name == wanted), found[0])
    texts, dates = TextTable(), DateStyles()
    _parse_all(book, "xl/sharedStrings.xml", texts, MAX_TEXTS)
    _parse_all(book, "xl/styles.xml", dates, MAX_PART)
    rows = SheetRows(texts.texts, dates.styles)
    for _part in _parse(book, chosen.part, rows, MAX_SHEET):
        yield from rows.taken()
    yield from rows.taken()


class _Workbook:
    """Sheet names with their relation ids, from xl/workbook.xml."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((value for key, value in attributes.items() if key.split(":")[-1] == "id"), "")
            self.found.append((attributes.get("name", "")[:200], relation))

    def end(self, name: str) -> None:
        pass

    def text(self, data: str) -> None:
        pass


class _Relations(_Workbook):
    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            self.found.append((attributes.get("Id", ""), attributes.get("Target", "")))


def _sheets(book: zipfile.ZipFile) -> list[Sheet]:
    workbook, relations = _Workbook(), _Relations()
    _parse_all(book, "xl/workbook.xml", workbook, MAX_PART)
    _parse_all(book, "xl/_rels/workbook.xml.rels", relations, MAX_PART)
    parts = {key: posixpath.normpath(posixpath.join("/xl", target)).lstrip("/") for key, target in relations.found}
    found = [Sheet(name, parts[key]) for name, key in workbook.found if key in parts]
    if not found:
        raise Unreadable(DAMAGED)
    return found


def _parse_all(book: zipfile.ZipFile, part: str, handler: _Workbook | TextTable | DateStyles, limit: int) -> None:
    if part in book.namelist():
        for _part in _parse(book, part, handler, limit):
            pass


def _parse(
    book: zipfile.ZipFile, part: str, handler: _Workbook | TextTable | DateStyles | SheetRows, limit: int
) -> Iterator[None]:
    """Feed a part of the workbook to a handler, and pause after each block."""
    parser = _parser(handler)
    unpacked = 0
    try:
        refuse_part(book.getinfo(part), limit)
        with book.open(part) as stream:
            while block := stream.read(BLOCK):
                unpacked += len(block)
                if unpacked > limit:
                    raise too_large(limit)
                parser.Parse(block, False)
                yield
        parser.Parse(b"", True)
    except NotImplementedError:
        raise Unreadable(DAMAGED) from None
    except RuntimeError:
        raise Unreadable(_("The workbook is protected by a password. Save it without one.")) from None
    except (*BROKEN, KeyError, expat.ExpatError):
        raise Unreadable(DAMAGED) from None


def _parser(handler: _Workbook | TextTable | DateStyles | SheetRows) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = _local(handler.start)
    parser.EndElementHandler = lambda name: handler.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _local(start: Callable[[str, dict[str, str]], None]) -> Callable[[str, dict[str, str]], None]:
    return lambda name, attributes: start(name.rpartition(":")[2], attributes)


def _refuse_doctype(*_arguments: object) -> None:
    raise Unreadable(DAMAGED)

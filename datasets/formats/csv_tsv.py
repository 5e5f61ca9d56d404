"""Tables as text: CSV with any usual delimiter, and TSV."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from datasets.formats.header import LOOKED_AT, Head, recognised
from datasets.formats.options import Options
from datasets.formats.rows import BadRow, Row, Unreadable, excerpt, named_columns, numbered_columns, table_row
from datasets.formats.text import MAX_LINE, lines
from datasets.words import Sentence
from datasets.words import gettext_noop as _

DELIMITERS = (",", ";", "\t", "|")
Record = tuple[int, list[str] | BadRow]
MAX_RECORD = 4_000_000  # characters of one record before its quotes count as never closed
MAX_REREAD = 50_000_000  # characters read again after such records, over the whole file


def read(file: BinaryIO, options: Options) -> Iterator[Row | BadRow]:
    columns, found = _begun(file, options)
    for line, record in found:
        yield record if isinstance(record, BadRow) else table_row(line, record, columns)


def columns(file: BinaryIO, options: Options) -> list[str]:
    """The header's names, also of a table without rows."""
    return _begun(file, options)[0]


def heads(file: BinaryIO, options: Options) -> list[Head]:
    """The first rows."""
    return [Head.of(line, cells) for line, cells in islice(_records(file, options), LOOKED_AT) if isinstance(cells, list)]


def _begun(file: BinaryIO, options: Options) -> tuple[list[str], Iterator[Record]]:
    """The columns, and the records below their names."""
    found = _records(file, options)
    for line, cells in found:
        if isinstance(cells, list) and line >= (options.header_row or 0):
            if options.header_row == 0:
                return numbered_columns(len(cells)), chain([(line, cells)], found)
            return named_columns(cells), found
    return [], found


def _records(file: BinaryIO, options: Options) -> Iterator[Record]:
    return records(lines(file, options.encoding), options.delimiter or ",")


def sniff(file: BinaryIO, encoding: str) -> str:
    """The delimiter that cuts the first lines, or those below a title, into the same number of cells most often."""
    head = "".join(islice(_short(lines(file, encoding)), 50))
    cut = {delimiter: list(records(io.StringIO(head, newline=""), delimiter)) for delimiter in DELIMITERS}
    below = {delimiter: _below_titles(found) for delimiter, found in cut.items()}
    return max(DELIMITERS, key=lambda delimiter: (_evenness(cut[delimiter]), _evenness(below[delimiter])))


def _short(found: Iterable[str]) -> Iterator[str]:
    return (line[:100_000] for line in found)


def _below_titles(found: list[Record]) -> list[Record]:
    first = recognised([Head.of(line, cells) for line, cells in found[:LOOKED_AT] if isinstance(cells, list)])
    return [(line, cells) for line, cells in found if line >= first]


def _evenness(found: list[Record]) -> tuple[float, int]:
    """The share of records that have as many cells as the first, and that number; 0 where nothing is cut."""
    cut = [len(cells) if isinstance(cells, list) else 0 for _line, cells in found]
    return (cut.count(cut[0]) / len(cut), cut[0]) if cut and cut[0] > 1 else (0.0, 0)


def records(found: Iterable[str], delimiter: str) -> Iterator[Record]:
    """Records with the line each begins on; blank lines are left out.

    A record with broken quotes becomes one bad row, and reading goes on with the line after its first: a quote that
    never closes costs one row and not the rest of the file.
    """
    csv.field_size_limit(MAX_LINE + MAX_RECORD)
    feed = _Feed(iter(found))
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            yield feed.start, BadRow(feed.start, "", _reason(error), excerpt(feed.record[0]))
            feed.rewind()
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
            continue
        if cells:
            yield feed.start, cells


class _TooLong(Exception):
    pass


class _Feed:
    """Hands lines to csv.reader and remembers those of the record that is being read."""

    def __init__(self, found: Iterator[str]) -> None:
        self.found = found
        self.again: deque[str] = deque()
        self.record: list[str] = []
        self.start = self.line = self.size = self.reread = 0

    def begin(self) -> None:
        self.start, self.size, self.record = self.line + 1, 0, []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.size > MAX_RECORD:
            raise _TooLong
        line = self.again.popleft() if self.again else next(self.found)
        self.line += 1
        self.size += len(line)
        self.record.append(line)
        return line

    def rewind(self) -> None:
        self.reread += self.size
        if self.reread > MAX_REREAD:
            raise Unreadable(_("From line %(line)s on, quotation marks are opened and never closed.", line=self.start))
        self.again.extendleft(reversed(self.record[1:]))
        self.line = self.start


def _reason(error: Exception) -> Sentence:
    if isinstance(error, _TooLong) or "end of data" in str(error):
        return _("A quotation mark is opened here and never closed.")
    if "expected after" in str(error):
        return _("Text follows a closing quotation mark; a quote inside a cell is written twice.")
    return _("The line cannot be cut into cells: %(reason)s.", reason=str(error))

"""Reading what people upload: one module for each kind of file, one way to call them.

`inspect` finds out how a file is to be read; `read` then yields a row, or a bad row with line, column and reason.
Files are binary and seekable, and stay open: how far reading came is `file.tell()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from datasets.formats import csv_tsv, detect, header, json_, jsonl, text, txt, xlsx
from datasets.formats.options import KINDS, Layout, Options
from datasets.formats.rows import BadRow, Row, Unreadable
from datasets.words import Sentence
from datasets.words import gettext_noop as _

__all__ = ["EMPTY", "KINDS", "BadRow", "Layout", "Options", "Row", "Unreadable", "columns", "inspect", "read"]

READERS = {
    "csv": csv_tsv.read,
    "tsv": csv_tsv.read,
    "xlsx": xlsx.read,
    "json": json_.read,
    "jsonl": jsonl.read,
    "txt": txt.read,
}
HEADS = {"csv": csv_tsv.heads, "tsv": csv_tsv.heads, "xlsx": xlsx.heads}
EMPTY = _("The file holds no examples: there is not a single row that can be read.")
LOOK_AHEAD = 200  # rows whose keys become the columns of a file without a header


def inspect(file: BinaryIO, filename: str, wanted: Options | None = None) -> Layout:
    """How the file is to be read; raises Unreadable with a sentence if it cannot be."""
    wanted = wanted or Options()
    kind, note = detect.kind_of(file, filename)
    wanted = replace(wanted, kind=kind)
    layout = _book(file, wanted) if kind == "xlsx" else _text(file, wanted)
    layout = replace(layout, notes=((note,) if note else ()) + layout.notes)
    return _with_header(file, layout) if kind in HEADS else layout


def _book(file: BinaryIO, wanted: Options) -> Layout:
    found = tuple(xlsx.sheets(file))
    return Layout(options=replace(wanted, sheet=wanted.sheet if wanted.sheet in found else found[0]), sheets=found)


def _text(file: BinaryIO, wanted: Options) -> Layout:
    encoding, guessed = (wanted.encoding, None) if wanted.encoding else text.detect(file)
    options = replace(wanted, encoding=encoding, delimiter=_delimiter(file, encoding, wanted))
    return Layout(options=options, notes=(guessed,) if guessed else ())


def _with_header(file: BinaryIO, layout: Layout) -> Layout:
    """Find the row that names the columns, unless a person has pointed at one."""
    heads = tuple(HEADS[layout.options.kind](file, layout.options))
    if not heads:
        raise Unreadable(EMPTY)
    if layout.options.header_row is not None:
        return replace(layout, heads=heads)
    line = header.recognised(heads)
    notes = layout.notes if line == heads[0].line else (*layout.notes, _passed_over(line))
    return replace(layout, options=replace(layout.options, header_row=line), heads=heads, notes=notes)


def _passed_over(line: int) -> Sentence:
    return _("The names of the columns were found in row %(line)s; what stands above it is left out.", line=line)


def _delimiter(file: BinaryIO, encoding: str, wanted: Options) -> str:
    if wanted.kind == "tsv":
        return "\t"
    if wanted.kind != "csv":
        return ""
    return wanted.delimiter or csv_tsv.sniff(file, encoding)


def read(file: BinaryIO, options: Options) -> Iterator[Row | BadRow]:
    return READERS[options.kind](file, options)


def columns(file: BinaryIO, options: Options) -> list[str]:
    """The names of the columns: the header's, or the keys of the first rows in the order they appear."""
    if options.kind in ("csv", "tsv"):
        return csv_tsv.columns(file, options)
    if options.kind == "xlsx":
        return xlsx.columns(file, options)
    found: dict[str, None] = {}
    for row in islice(read(file, options), LOOK_AHEAD):
        if isinstance(row, Row):
            found.update(dict.fromkeys(row.values))
    return [name for name in found if name.strip()]  # nobody can point at one without a name

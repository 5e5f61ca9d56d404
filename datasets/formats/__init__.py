"""Reading what people upload: one module for each kind of file, one way to call them.

`inspect` finds out how a file is to be read; `read` then yields a row, or a bad row with line, column and reason.
Files are binary and seekable, and stay open: how far reading came is `file.tell()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from datasets.formats import csv_tsv, detect, json_, jsonl, text, txt, xlsx
from datasets.formats.options import KINDS, Layout, Options
from datasets.formats.rows import BadRow, Row, Unreadable

__all__ = ["KINDS", "BadRow", "Layout", "Options", "Row", "Unreadable", "columns", "inspect", "read"]

READERS = {
    "csv": csv_tsv.read,
    "tsv": csv_tsv.read,
    "xlsx": xlsx.read,
    "json": json_.read,
    "jsonl": jsonl.read,
    "txt": txt.read,
}
LOOK_AHEAD = 200  # rows whose keys become the columns of a file without a header


def inspect(file: BinaryIO, filename: str, wanted: Options | None = None) -> Layout:
    """How the file is to be read; raises Unreadable with a sentence if it cannot be."""
    wanted = wanted or Options()
    kind, note = detect.kind_of(file, filename)
    options = replace(wanted, kind=kind)
    if kind == "xlsx":
        found = tuple(xlsx.sheets(file))
        sheet = wanted.sheet if wanted.sheet in found else found[0]
        return Layout(options=replace(options, sheet=sheet), sheets=found, notes=(note,) if note else ())
    encoding, guessed = (wanted.encoding, None) if wanted.encoding else text.detect(file)
    notes = tuple(said for said in (note, guessed) if said)
    options = replace(options, encoding=encoding, delimiter=_delimiter(file, kind, encoding, wanted))
    return Layout(options=options, notes=notes)


def _delimiter(file: BinaryIO, kind: str, encoding: str, wanted: Options) -> str:
    if kind == "tsv":
        return "\t"
    if kind != "csv":
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
    return list(found)

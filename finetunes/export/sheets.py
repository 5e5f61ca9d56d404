"""Tables as CSV that a spreadsheet shows and never runs, and as Parquet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings

from finetunes.archive.zipped import BLOCK
from finetunes.export.tables import Table
from teams import sheet

ENOUGH = 1 << 16
"""Rows that are worth a piece of their own in a Parquet file."""


def csv(table: Table) -> Iterator[bytes]:
    yield sheet.line(table.schema).encode()
    is_text = pl.String in table.schema.values()
    for batch in table.batches:
        yield _lines(batch) if is_text else batch.write_csv(include_header=False, line_terminator="\r\n").encode()


def _lines(batch: pl.DataFrame) -> bytes:
    return "".join(sheet.line([_cell(value) for value in row]) for row in batch.iter_rows()).encode("utf-8", "replace")


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def parquet(table: Table) -> Iterator[bytes]:
    """Write pieces to disk and join them there, so that memory does not grow with the rows."""
    with tempfile.TemporaryDirectory(dir=settings.DATA, prefix="export-") as folder:
        pieces = []
        for number, piece in enumerate(_gathered(table)):
            pieces.append(Path(folder) / f"{number}.parquet")
            piece.write_parquet(pieces[-1])
        whole = Path(folder) / "whole.parquet"
        pl.scan_parquet(pieces).sink_parquet(whole)
        with whole.open("rb") as file:
            while block := file.read(BLOCK):
                yield block


def _gathered(table: Table) -> Iterator[pl.DataFrame]:
    gathered = pl.DataFrame(schema=table.schema)
    is_first = True
    for batch in table.batches:
        gathered = pl.concat([gathered, batch])
        if len(gathered) >= ENOUGH:
            yield gathered
            gathered, is_first = gathered.clear(), False
    if is_first or len(gathered):
        yield gathered

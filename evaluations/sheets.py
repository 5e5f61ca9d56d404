"""The rows of an evaluation as CSV and as an Excel workbook, made in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import xlsxwriter
from django.conf import settings

from evaluations.columns import Cell
from teams import sheet

BLOCK = 1 << 18
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Tells a spreadsheet that the file is UTF-8."""
LONGEST = 32_767  # characters that a cell of a workbook holds
CUT = " […]"


def csv(header: list[str], rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    yield (BOM + sheet.line(header)).encode()
    for cells in rows:
        yield sheet.line(["" if cell is None else str(cell) for cell in cells]).encode("utf-8", "replace")


def xlsx(header: list[str], rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    """Write the workbook to disk row by row, then give it away in blocks."""
    with tempfile.TemporaryDirectory(dir=settings.DATA, prefix="answers-") as folder:
        path = Path(folder) / "answers.xlsx"
        _write(path, header, rows, folder)
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block


def _write(path: Path, header: list[str], rows: Iterable[list[Cell]], folder: str) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": folder}) as book:
        table = book.add_worksheet()
        table.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, name in enumerate(header):
            table.write_string(0, column, _fitting(name), bold)
        for number, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells):
                if isinstance(cell, float):
                    table.write_number(number, column, cell)
                elif cell:
                    # Written as text, whatever it begins with, so that no cell is ever run as a formula.
                    table.write_string(number, column, _fitting(cell))


def _fitting(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT

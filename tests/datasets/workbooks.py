"""Workbooks for tests: real ones by openpyxl, and hostile ones part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook  # type: ignore[import-untyped]

SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


def workbook(rows: Iterable[Sequence[Any]], **more: Iterable[Sequence[Any]]) -> bytes:
    """A workbook with the rows on its first sheet, and one sheet for each other name."""
    book = Workbook()
    first = book.active
    assert first is not None
    for row in rows:
        first.append(list(row))
    for name, others in more.items():
        sheet = book.create_sheet(name)
        for row in others:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parts(sheet: str | Iterable[bytes], **others: str) -> bytes:
    """A workbook with this XML as its only sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "xl/workbook.xml",
            '<workbook xmlns:r="r"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        for name, content in others.items():
            book.writestr(f"xl/{name}.xml", content)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for block in [sheet.encode()] if isinstance(sheet, str) else sheet:
                part.write(block)
    return out.getvalue()


def inline(*rows: Sequence[str]) -> str:
    cells = ("".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) for row in rows)
    return SHEET.format("".join(f"<row>{row}</row>" for row in cells))

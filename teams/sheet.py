"""Lines of CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(cell: str) -> str:
    """Return the cell with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


def line(cells: Iterable[str]) -> str:
    out = StringIO()
    csv.writer(out).writerow([neutral(cell).replace("\0", "") for cell in cells])
    return out.getvalue()

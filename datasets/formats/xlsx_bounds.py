"""What an archive says of itself before anything of it is unpacked: one that unfolds beyond all sheets is refused.

What it says is binding: nothing is unpacked beyond the size that a part has named.
"""

from __future__ import annotations

import zipfile
from typing import BinaryIO

from datasets.formats.rows import Unreadable
from datasets.words import gettext_noop as _

MOST_PARTS, MOST_DIRECTORY = 10_000, 4 << 20
MOST_TIMES = 500  # the same row again and again, not even numbered, shrinks by less; zeros by twice as much
HARMLESS = 64 << 20
ENTRIES, DIRECTORY = 4, 5
BOMB = _("The workbook unfolds to far more than a sheet holds. Copy its rows into a new workbook and upload that.")


def refuse_directory(file: BinaryIO) -> None:
    """Refuse a list of parts that is too long to be read, as it will be, in one piece."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and (end[ENTRIES] > MOST_PARTS or end[DIRECTORY] > MOST_DIRECTORY):
        raise Unreadable(BOMB)


def refuse_part(part: zipfile.ZipInfo, limit: int) -> None:
    if part.file_size > limit:
        raise too_large(limit)
    if part.file_size > max(HARMLESS, MOST_TIMES * part.compress_size):
        raise Unreadable(BOMB)


def too_large(limit: int) -> Unreadable:
    return Unreadable(_("Unpacked, the workbook is larger than %(limit)s MB.", limit=limit // 1_000_000))

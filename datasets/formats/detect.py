"""Which reading fits a file: by its name, corrected by its content."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import BinaryIO

from datasets.formats.options import KINDS
from datasets.formats.rows import Unreadable, excerpt
from datasets.words import Sentence
from datasets.words import gettext_noop as _

_NAMES = {"csv": "CSV", "tsv": "TSV", "xlsx": "Excel", "json": "JSON", "jsonl": "JSON Lines", "txt": "text"}
_JSON_START = re.compile(rb'^(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*[\[{\]])')
_HELP = {
    "xls": _("This is an Excel file of the old kind. Open it in Excel and save it as .xlsx."),
    "ods": _("OpenDocument spreadsheets are not read. Save the sheet as .xlsx or .csv."),
    "docx": _("Word documents are not read. Put the examples into a spreadsheet, one row each, and upload that."),
    "pdf": _("PDF files are not read. Put the examples into a spreadsheet, one row each, and upload that."),
    "zip": _("Archives are not read. Unpack the file and upload what is inside."),
    "parquet": _("Parquet files are not read. Export the table as .csv or .jsonl."),
    "exe": _("Programs are not read. Put the examples into a spreadsheet, one row each, and upload that."),
    "picture": _("Pictures are not read. Put the examples into a spreadsheet, one row each, and upload that."),
    "database": _("Database files are not read. Export the table as .csv and upload that."),
}
# How files begin that no name makes a text.
_OTHERS = {
    b"%PDF-": "pdf",
    b"MZ": "exe",
    b"\x7fELF": "exe",
    b"\xcf\xfa\xed\xfe": "exe",
    b"PAR1": "parquet",
    b"Rar!\x1a\x07": "zip",
    b"7z\xbc\xaf\x27\x1c": "zip",
    b"\x89PNG\r\n": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"SQLite format 3\x00": "database",
}
_ARCHIVE = b"PK\x03\x04"


def kind_of(file: BinaryIO, filename: str) -> tuple[str, Sentence | None]:
    """The kind of a file, with a note where name and content disagree; raises Unreadable for any other file."""
    file.seek(0)
    head = file.read(1 << 16)
    named = PurePosixPath(filename.replace("\\", "/").lower()).suffix.lstrip(".")
    found = _by_content(head, named)
    if found and found != named:
        return found, _(
            "The name ends in .%(named)s, but the content is %(found)s; it was read as such.",
            named=excerpt(named)[:20],
            found=_NAMES[found],
        )
    if named not in KINDS:
        raise Unreadable(_HELP.get(named) or _not_read(named))
    return named, None


def _not_read(named: str) -> Sentence:
    if not named:
        return _("The file's name has no ending. Tunedeck reads .csv, .tsv, .xlsx, .json, .jsonl and .txt.")
    return _(
        "Files that end in .%(named)s are not read. Tunedeck reads .csv, .tsv, .xlsx, .json, .jsonl and .txt: save the"
        " examples as one of these, one row each.",
        named=excerpt(named)[:20],
    )


def _by_content(head: bytes, named: str) -> str:
    """The kind that the first bytes show, or "" where the name has to do."""
    if not head.strip():
        raise Unreadable(_("The file is empty."))
    _refuse_others(head)
    if head.startswith(_ARCHIVE):
        return _archive_kind(head, named)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("This is a protected workbook or one of the old kind. Save it as .xlsx, without a password."))
    if named == "xlsx":
        return _text_kind(head, named) or "csv"
    return _text_kind(head, named)


def _refuse_others(head: bytes) -> None:
    """Letters alone prove nothing: a table may begin with them too, but none has a zero byte beside them."""
    for start, kind in _OTHERS.items():
        if head.startswith(start) and (not start.isalnum() or b"\x00" in head):
            raise Unreadable(_HELP[kind])


def _archive_kind(head: bytes, named: str) -> str:
    if named == "xlsx" or b"xl/" in head or b"[Content_Types].xml" in head[:200]:
        return "xlsx"
    if named in KINDS:
        raise Unreadable(_HELP["zip"])
    return ""


def _text_kind(head: bytes, named: str) -> str:
    """Whether a text begins as JSON, in one piece or in lines; enough of UTF-16 shows without its zeros."""
    plain = head.replace(b"\x00", b"").lstrip(b"\xff\xfe")
    if not _JSON_START.match(plain):
        return ""
    first, _end, rest = plain.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    if not rest.strip():  # one line only, or one longer than what was looked at
        return "jsonl" if named == "jsonl" and first.startswith(b"{") else "json"
    one_each = first.rstrip().endswith(b"}") and (named == "jsonl" or rest.lstrip().startswith(b"{"))
    return "jsonl" if one_each else "json"

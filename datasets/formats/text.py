"""From bytes to lines of text: which encoding, and lines of bounded length."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from charset_normalizer import from_bytes

from datasets.words import Sentence
from datasets.words import gettext_noop as _

MAX_LINE = 8_000_000  # characters
BLOCK = 1 << 20
SAMPLE = 1 << 16
FEWEST = 4  # bytes outside ASCII that may speak for an encoding
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Western European (Windows-1252)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp949": "Korean (EUC-KR, CP949)",
    "gb18030": "Chinese, simplified (GB18030)",
    "big5": "Chinese, traditional (Big5)",
    "shift_jis": "Japanese (Shift JIS)",
}
_LEGACY = ["cp949", "gb18030", "big5", "cp1251", "koi8-r", "cp1252"]
_HIRAGANA = re.compile("[\u3041-\u3096]{3}")  # as good as never in another encoding's bytes
_ASCII = bytes(range(128))
_ESCAPED = re.compile("[\udc80-\udcff]")
_OUTSIDE_ASCII = re.compile("[^\x00-\x7f]")


def detect(file: BinaryIO) -> tuple[str, Sentence | None]:
    """The encoding of a file, with a note where a person should know that it was guessed."""
    file.seek(0)
    head = file.read(4096)
    if encoding := _by_mark(head) or _by_zeros(head):
        return encoding, None
    if _is_utf8(file):
        return "utf-8", None
    invalid, valid = _count_outside_ascii(file)
    if valid >= 10 * invalid:
        return "utf-8", _("A few bytes are no valid UTF-8; the lines that hold them are listed as bad rows.")
    encoding = _guessed(_strange_lines(file))
    return encoding, _(
        "The file is not UTF-8. It was read as %(encoding)s; if letters look wrong, choose another encoding.",
        encoding=ENCODINGS[encoding],
    )


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while block := file.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _strange_lines(file: BinaryIO) -> bytes:
    """The first lines with something outside ASCII, up to SAMPLE bytes."""
    found: list[bytes] = []
    size = 0
    file.seek(0)
    while size < SAMPLE and (line := file.readline(SAMPLE)):
        if not line.isascii():
            found.append(line)
            size += len(line)
    return b"".join(found)


def _guessed(sample: bytes) -> str:
    """The encoding of the list that the bytes look like most; Western European where nothing speaks for another."""
    if len(sample.translate(None, _ASCII)) < FEWEST:
        return "cp1252"
    if _HIRAGANA.search(sample.decode("shift_jis", "ignore")):
        return "shift_jis"
    best = from_bytes(sample, cp_isolation=_LEGACY, threshold=0.5).best()
    names = {name.replace("-", "_"): name for name in _LEGACY}
    return names.get(best.encoding, "cp1252") if best else "cp1252"


def _by_mark(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return ""


def _by_zeros(head: bytes) -> str:
    """UTF-16 without a mark: in Western text every other byte is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half and odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if half and even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return ""


def _count_outside_ascii(file: BinaryIO) -> tuple[int, int]:
    """How many bytes are no UTF-8, and how many characters outside ASCII are."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    invalid = valid = 0
    file.seek(0)
    while block := file.read(BLOCK):
        text = decoder.decode(block)
        if not text.isascii():
            broken = len(_ESCAPED.findall(text))
            invalid += broken
            valid += len(_OUTSIDE_ASCII.findall(text)) - broken
    return invalid + len(decoder.decode(b"", True)), valid


def lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Lines with their ends; one longer than MAX_LINE comes cut to MAX_LINE + 1 characters."""
    text = _decoded(file, encoding)
    while line := text.readline(MAX_LINE + 1):
        yield line
        if len(line) > MAX_LINE and not line.endswith(("\n", "\r")):
            _skip_rest(text)


def blocks(file: BinaryIO, encoding: str, size: int) -> Iterator[str]:
    """The whole text in pieces of so many characters."""
    text = _decoded(file, encoding)
    while block := text.read(size):
        yield block


def _decoded(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """Bytes that the encoding does not know become lone surrogates, which readers report as bad rows."""
    file.seek(0)
    errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    return io.TextIOWrapper(_shared(file), encoding=_with_mark(file, encoding), errors=errors, newline="")


def _with_mark(file: BinaryIO, encoding: str) -> str:
    """The encoding as Python has to be told: one that passes over a mark, or one that needs none."""
    head = file.read(4096)
    file.seek(0)
    if encoding == "utf-8":
        return "utf-8-sig"
    if encoding == "utf-16" and _by_mark(head) != "utf-16":
        return _by_zeros(head) or "utf-16-le"
    return encoding


def _skip_rest(text: io.TextIOWrapper) -> None:
    while (piece := text.readline(BLOCK)) and not piece.endswith(("\n", "\r")):
        pass


def _shared(file: BinaryIO) -> io.BufferedReader:
    raw: io.RawIOBase = _Shared(file)
    return io.BufferedReader(raw)


class _Shared(io.RawIOBase):
    """Reads through to a file that somebody else closes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

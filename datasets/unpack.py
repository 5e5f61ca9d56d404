"""A gzipped upload as the file that is inside, for as long as it is read. What was uploaded stays as it came."""

from __future__ import annotations

import gzip
import io
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from datasets.formats import detect
from datasets.words import Refused
from datasets.words import gettext_noop as _

MAGIC = b"\x1f\x8b"
BLOCK = 1 << 20
LOOKED_AT = 1 << 16
MOST_TIMES = 100  # a text that shrinks more than that is no table, but a bomb
HARMLESS = 64 << 20  # bytes that may come out of any file
DAMAGED = _("The compressed file is damaged: it could not be unpacked to its end. Compress it again, or upload it as it is.")


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def seek(self, place: int, /) -> int: ...


class Unpacked(NamedTuple):
    file: BinaryIO
    name: str
    size: int  # bytes


@contextmanager
def unpacked(
    file: BinaryIO, name: str, size: int, pace: Callable[[int], None], *, folder: Path, most: int
) -> Iterator[Unpacked]:
    """Yield the file itself, or what is inside if it is gzipped; Refused if that is damaged or without end.

    `pace` is called with the bytes read so far. What is inside lies in `folder` meanwhile, `most` bytes of it.
    """
    file.seek(0)
    if file.read(2) != MAGIC:
        yield Unpacked(file, name, size)
        return
    with tempfile.TemporaryFile(dir=folder) as inside:
        _unpack(file, inside, min(max(size * MOST_TIMES, HARMLESS), most), pace)
        yield Unpacked(inside, _inner(name), inside.tell())


def refuse_other(file: Readable, name: str) -> None:
    """Refuse what its first block, unpacked, shows to be of no kind that is read; leaves the file at its beginning."""
    head, plain = file.read(LOOKED_AT), _inner(name)
    file.seek(0)
    if head.startswith(MAGIC):
        with suppress(zlib.error):  # reading it will say how it is damaged
            detect.kind_of(io.BytesIO(zlib.decompressobj(wbits=31).decompress(head, LOOKED_AT)), plain)
    else:
        detect.kind_of(io.BytesIO(head), name)


def _inner(name: str) -> str:
    return name[:-3] if name.lower().endswith(".gz") else name


def _unpack(file: BinaryIO, inside: BinaryIO, most: int, pace: Callable[[int], None]) -> None:
    file.seek(0)
    try:
        with gzip.GzipFile(fileobj=file) as source:
            while block := source.read(BLOCK):
                inside.write(block)
                pace(file.tell())
                if inside.tell() > most:
                    raise Refused(_("The compressed file holds more than can be taken. Upload a part of it."))
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise Refused(DAMAGED) from None

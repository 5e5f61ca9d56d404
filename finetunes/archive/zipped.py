"""A ZIP file made while it is sent: nothing is held whole, whatever its size, and nobody waits for it to begin.

Its last member is a manifest with the size and SHA-256 of each of the others.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.core.files.storage import default_storage
from django.utils import timezone

BLOCK = 1 << 18
LEVEL = 1
"""Packing is what takes the time: the best level takes three times as long for a sixth less."""
PACKED = (".parquet", ".png")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file in the making; `sha256` is what it was when it was kept, if that is known."""

    path: str
    content: Iterable[bytes]
    sha256: str = ""
    about: dict[str, Any] = field(default_factory=dict)


class _Sink(io.RawIOBase):
    """Takes what the ZIP writer writes, until somebody takes it away."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._pieces)
        self._pieces.clear()
        return taken


def zipped(entries: Iterable[Entry], about: dict[str, Any]) -> Iterator[bytes]:
    """Return the ZIP file piece by piece; `about` stands in its manifest, before the list of files."""
    sink = _Sink()
    listed: list[dict[str, Any]] = []
    with zipfile.ZipFile(sink, "w", allowZip64=True) as whole:
        for entry in entries:
            yield from _written(whole, sink, entry, listed)
        manifest = {"made_by": "Tunedeck", "made_at": timezone.now(), **about, "files": listed}
        yield from _written(whole, sink, Entry(path="manifest.json", content=[as_json(manifest)]), [])
    yield sink.take()


def _written(whole: zipfile.ZipFile, sink: _Sink, entry: Entry, listed: list[dict[str, Any]]) -> Iterator[bytes]:
    sha256, size, problem = hashlib.sha256(), 0, ""
    info = zipfile.ZipInfo(entry.path, date_time=timezone.now().timetuple()[:6])
    info.compress_type = zipfile.ZIP_STORED if entry.path.endswith(PACKED) else zipfile.ZIP_DEFLATED
    info._compresslevel = LEVEL  # type: ignore[attr-defined]  # public from Python 3.13 on, under this name, too
    with whole.open(info, "w", force_zip64=True) as file:
        try:
            for block in entry.content:
                file.write(block)
                sha256.update(block)
                size += len(block)
                yield sink.take()
        except OSError:
            problem = "The stored file could not be read."
    if not problem and entry.sha256 and entry.sha256 != sha256.hexdigest():
        problem = f"The stored file has changed: when it was kept its SHA-256 was {entry.sha256}."
    written = {"path": entry.path, "bytes": size, "sha256": sha256.hexdigest(), **entry.about}
    listed.append({**written, "problem": problem} if problem else written)


def stored(name: str) -> Iterator[bytes]:
    with default_storage.open(name, "rb") as file:
        while block := file.read(BLOCK):
            yield block


def safe(text: str) -> str:
    """Make a name that is nothing but a name, whatever a provider calls its things."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text)[:80].strip("._") or "unnamed"


def as_json(data: Any) -> bytes:
    try:
        return orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str)
    except TypeError:  # a number larger than 64 bits
        return json.dumps(data, indent=2, default=str).encode()


def as_line(data: Any) -> bytes:
    try:
        return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS, default=str)
    except TypeError:
        return json.dumps(data, default=str).encode() + b"\n"

"""The form of a backup: a tar, written as a stream, whose last entry lists all others with size and SHA-256."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import tarfile
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, cast

import orjson

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 2**20


class Unusable(Exception):
    """The archive cannot be used; the message is for the operator."""


@dataclass
class Manifest:
    version: str
    made_at: str
    database: str
    """What wrote the tables: `sqlite` (one file) or `postgresql` (one entry a table)."""
    migrations: dict[str, list[str]]
    columns: dict[str, list[str]] = field(default_factory=dict)
    """The columns of each table, in the order of its entry; PostgreSQL only."""
    sequences: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Files that rows name and that were not there."""
    has_keys: bool = False
    entries: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Of each other entry its size in bytes and its SHA-256."""
    format: int = FORMAT


class Writer:
    """Puts files into an archive one by one and remembers what it read of each."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar
        self.entries: dict[str, tuple[int, str]] = {}

    def add(self, name: str, source: BinaryIO, size: int, at: float | None = None) -> None:
        """Write exactly `size` bytes of the source: what is appended meanwhile belongs to a later backup."""
        hashed = _Hashed(source)
        self.tar.addfile(_entry(name, size, at), hashed)
        self.entries[name] = (size, hashed.sha256.hexdigest())

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as source:
            self.add(name, source, path.stat().st_size, path.stat().st_mtime)

    def close(self, manifest: Manifest) -> None:
        manifest.entries = self.entries
        content = orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2)
        self.tar.addfile(_entry(MANIFEST, len(content)), io.BytesIO(content))


@contextmanager
def writing(target: str) -> Iterator[Writer]:
    """Write to a file that only its owner may read, there whole or not at all; `-` is the standard output."""
    if target == "-":
        with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
            yield Writer(tar)
        return
    path = Path(target)
    draft = path.with_name(f".{path.name}.draft")
    try:
        with ExitStack() as stack:
            file: IO[bytes] = stack.enter_context(_private(draft))
            if path.suffix in {".gz", ".tgz"}:
                file = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0)))
            yield Writer(stack.enter_context(tarfile.open(fileobj=file, mode="w|")))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Yield name and content of each entry in turn; raise Unusable if it is no archive, or ends too early."""
    if not path.is_file():
        raise Unusable(f"There is no file {path}.")
    try:
        with tarfile.open(path, mode="r|*") as tar:
            yield _entries(path, tar)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Unusable(f"{path} cannot be read to its end ({error}). It is no backup, or a part of one.") from None


def _entries(path: Path, tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in tar:
        content = tar.extractfile(member) if member.isfile() and _is_safe(member.name) else None
        if content is None:
            raise Unusable(f"{path} holds “{member.name}”, which no backup does.")
        yield member.name, content


def checked(path: Path) -> Manifest:
    """Read the whole archive, compare every entry with the manifest, and return that."""
    found: dict[str, tuple[int, str]] = {}
    with reading(path) as entries:
        for name, content in entries:
            if name == MANIFEST:
                return _compared(path, content.read(), found)
            found[name] = copied(content, None)
    raise Unusable(f"{path} ends without its list of contents: the backup was cut off. Use another one.")


def copied(content: IO[bytes], target: Path | None) -> tuple[int, str]:
    """Read to the end, write to the target if there is one, and return size and SHA-256."""
    sha256, size = hashlib.sha256(), 0
    with ExitStack() as stack:
        file = stack.enter_context(_private(target)) if target else None
        while chunk := content.read(CHUNK):
            sha256.update(chunk)
            size += len(chunk)
            if file:
                file.write(chunk)
    return size, sha256.hexdigest()


def _compared(path: Path, content: bytes, found: dict[str, tuple[int, str]]) -> Manifest:
    try:
        listed: dict[str, Any] = orjson.loads(content)
        if listed["format"] > FORMAT:
            raise Unusable(
                f"{path} was written by a newer Tunedeck. Install that version, or a later one, and restore there."
            )
        manifest = Manifest(**listed)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Unusable(f"The list of contents of {path} cannot be read.") from None
    manifest.entries = {name: (size, sha256) for name, (size, sha256) in manifest.entries.items()}
    wrong = sorted(name for name in {*found, *manifest.entries} if found.get(name) != manifest.entries.get(name))
    if wrong:
        raise Unusable(f"{path} is damaged: {len(wrong)} entries are not as they were written, {wrong[0]} first.")
    return manifest


def _is_safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and ".." not in parts and not name.startswith("/")


def _entry(name: str, size: int, at: float | None = None) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time() if at is None else at)
    return entry


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


class _Hashed:
    def __init__(self, source: BinaryIO) -> None:
        self.source, self.sha256 = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self.source.read(size)
        self.sha256.update(chunk)
        return chunk

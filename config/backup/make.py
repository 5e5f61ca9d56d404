"""Write a backup while everything runs: hold the files, copy a moment of the database, hold what came since, write."""

from __future__ import annotations

import fcntl
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from config.backup import places, tables
from config.backup.archive import Manifest, Unusable, Writer, writing

DATABASE, HELD = "database", "held"
ATTEMPTS = 3


@dataclass(frozen=True)
class Made:
    entries: int
    bytes: int
    missing: list[str]
    keys: list[str]
    """The key files that are in it."""


def make(target: str, *, with_keys: bool = False) -> Made:
    """Write everything to the file, or to the standard output for `-`."""
    with _alone() as folder:
        manifest = _taken(folder)
        with writing(target) as archive:
            _add_folder(archive, folder / DATABASE, DATABASE)
            _add_folder(archive, folder / HELD, "")
            manifest.missing += _add_elsewhere(archive)
            keys = _add_keys(archive) if with_keys else []
            manifest.has_keys = bool(keys)
            archive.close(manifest)
        sizes = [size for size, _ in archive.entries.values()]
        return Made(len(sizes), sum(sizes), manifest.missing, keys)


def version() -> str:
    project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


@contextmanager
def _alone() -> Iterator[Path]:
    """Yield an empty folder on the data folder's own disk; what backups that were killed have left there goes."""
    with (settings.DATA / "backup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable("Another backup is being made. Try again when it is done.") from None
        for left in settings.DATA.glob("backup-*/"):
            shutil.rmtree(left, ignore_errors=True)
        with TemporaryDirectory(dir=settings.DATA, prefix="backup-") as folder:
            yield Path(folder)


def _taken(folder: Path) -> Manifest:
    """Take the database and hold the files that its rows name.

    One that was made and deleted within that instant may be missing: then another moment is taken. What is missing
    in all of them is missing in the installation, and a backup that says so is better than none.
    """
    for _ in range(ATTEMPTS):
        for part in (HELD, DATABASE):
            shutil.rmtree(folder / part, ignore_errors=True)
            (folder / part).mkdir()
        places.hold(folder / HELD)
        manifest = _moment(folder)
        if not manifest.missing:
            break
    return manifest


def _moment(folder: Path) -> Manifest:
    vendor = "postgresql" if tables.is_postgresql() else "sqlite"
    with tables.moment():
        manifest = Manifest(version(), timezone.now().isoformat(), vendor, tables.applied())
        places.hold_again(folder / HELD)
        manifest.missing = places.missing(folder / HELD)
        if tables.is_postgresql():
            manifest.columns, manifest.sequences = tables.copy_tables(folder / DATABASE)
        else:
            tables.copy_sqlite(folder / DATABASE / tables.SQLITE)
    return manifest


def _add_folder(archive: Writer, folder: Path, name: str) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            archive.add_file(str(Path(name) / path.relative_to(folder)), path)


def _add_elsewhere(archive: Writer) -> list[str]:
    """Add what lies in a storage that is no folder; return what was deleted there since it was listed."""
    gone = []
    for name in places.elsewhere():
        try:
            with default_storage.open(name, "rb") as file:
                archive.add(f"{places.FILES}/{name}", file, file.size)  # type: ignore[arg-type]
        except FileNotFoundError:
            gone.append(f"{places.FILES}/{name}")
    return gone


def _add_keys(archive: Writer) -> list[str]:
    """Add the key files of the data folder; keys that come from the environment are the operator's to keep."""
    found = [name for name in places.KEYS if (settings.DATA / name).exists()]
    for name in found:
        archive.add_file(f"keys/{name}", settings.DATA / name)
    return found

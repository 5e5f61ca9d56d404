"""Bring a backup back: verify all of it, make sure that nothing runs and nothing is lost by it, then replace."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection

from config.backup import places, tables
from config.backup.archive import MANIFEST, Manifest, Unusable, checked, copied, reading
from config.backup.make import DATABASE
from config.migrating import migrate, one_at_a_time
from connections.models import Connection
from finetunes import restored
from work.encryption import Undecipherable
from work.models import Pulse


@dataclass(frozen=True)
class Restored:
    manifest: Manifest
    doubted: int
    """Fine-tunes that may have been sent after the backup was made: their provider is asked first."""
    unreadable: list[str]
    """Connections whose keys this installation cannot read."""


def restore(path: Path, *, replace: bool = False) -> Restored:
    manifest = verified(path)
    with _nothing_running(), TemporaryDirectory(dir=settings.DATA, prefix="restore-") as name:
        if not replace:
            refuse_to_overwrite()
        folder = Path(name)
        unpack(path, manifest, folder)
        _database(folder / DATABASE, manifest)
        _files(folder)
        _keys(folder / "keys")
        with one_at_a_time():
            migrate()
        Pulse.objects.all().delete()
        doubted = restored.doubt_what_was_not_sent()
        # Keys that came along are read by the next process.
        return Restored(manifest, doubted, [] if manifest.has_keys else unreadable())


def verified(path: Path) -> Manifest:
    """Read all of it, and refuse what this installation cannot take."""
    manifest = checked(path)
    if strange := tables.unknown(manifest.migrations):
        raise Unusable(
            f"{path} was made by a newer Tunedeck ({manifest.version}): this one does not know {strange[0]}. "
            "Install that version, or a later one, and restore there."
        )
    tables.refuse_to_go_back(manifest)
    return manifest


def refuse_to_overwrite() -> None:
    full = [] if tables.is_empty() else ["the database is not empty"]
    full += [f"there are files in {folder}" for folder in _folders() if folder.is_dir() and any(folder.iterdir())]
    if not places.are_on_disk() and any(default_storage.listdir("")):
        full.append("there are files in the storage")
    if full:
        raise Unusable(f"Nothing was changed: {' and '.join(full)}. To give up what is there, say --replace.")


def unpack(path: Path, manifest: Manifest, folder: Path) -> None:
    """Write all entries below `folder`, each checked once more."""
    with reading(path) as entries:
        for name, content in entries:
            if name == MANIFEST:
                return
            target = folder / PurePosixPath(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if copied(content, target) != manifest.entries.get(name):
                raise Unusable(f"{path} was changed while it was read. Nothing was restored.")


def unreadable() -> list[str]:
    """Return the connections whose keys cannot be read with the present TUNEDECK_FIELD_KEY."""
    return [str(connection) for connection in Connection.objects.all() if not _can_read(connection)]


def _can_read(connection: Connection) -> bool:
    try:
        return connection.key is not None
    except Undecipherable:
        return False


@contextmanager
def _nothing_running() -> Iterator[None]:
    """Refuse while processes of Tunedeck are at work here: they would write over what is brought back."""
    with (settings.DATA / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable("Nothing was changed: Tunedeck is running. Stop it first.") from None
        if busy := _at_work():
            raise Unusable(f"Nothing was changed: {busy}. Stop web, trainer, workers and beat first.")
        yield


def _at_work() -> str:
    if tables.is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            (others,) = cursor.fetchone()
        return f"{others} other connections to the database are open" if others else ""
    if "work_pulse" not in connection.introspection.table_names():
        return ""
    alive = [worker for queue in ("dashboard", "training") for worker in Pulse.objects.alive(queue)]
    return f"{alive[0].worker} was at work a moment ago" if alive else ""


def _database(folder: Path, manifest: Manifest) -> None:
    if tables.is_postgresql():
        tables.empty()
        tables.load(folder, manifest)
        return
    connection.close()
    place = Path(connection.settings_dict["NAME"])
    for left in (place.with_name(f"{place.name}-wal"), place.with_name(f"{place.name}-shm")):
        left.unlink(missing_ok=True)
    shutil.move(folder / tables.SQLITE, place)


def _files(folder: Path) -> None:
    if not places.are_on_disk():
        _store(folder / places.FILES)
    for source, target in zip((folder / places.FILES, folder / places.TRAINER), _folders(), strict=True):
        if target.exists():
            target.rename(folder / f"{source.name}-before")
        if source.exists():
            shutil.move(source, target)


def _store(folder: Path) -> None:
    """Put the files into a storage that is no folder, under the names that rows have for them."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        name = str(path.relative_to(folder))
        if path.is_file():
            default_storage.delete(name)
            with path.open("rb") as file:
                default_storage.save(name, File(file))
    shutil.rmtree(folder, ignore_errors=True)


def _folders() -> tuple[Path, Path]:
    return Path(settings.MEDIA_ROOT), settings.DATA / places.TRAINER


def _keys(folder: Path) -> None:
    """Bring the key files back; the ones that are there now keep a second name."""
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        present = settings.DATA / path.name
        if present.exists() and present.read_bytes() != path.read_bytes():
            present.replace(present.with_name(f"{path.name}.before"))
        shutil.move(path, present)

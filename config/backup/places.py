"""The files that belong to one moment of the database, held while they are copied.

Files come before the rows that name them and are never written again under the same name; they only appear and
disappear. So a second name (a hard link) is given to each before the database's moment and again after it: what that
moment's rows name cannot vanish any more, and nothing is copied. The state of runs in training does change. It is taken
before the moment only: a run goes on from an older state, and tells nothing twice; of a newer one, steps would be missing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.db.models import FileField

from trainer.models import File, Model, Part

FILES, TRAINER, RUNS = "files", "trainer", "runs"
KEYS = ("django.key", "fields.key", "trainer.key")


def are_on_disk() -> bool:
    """Whether uploads and versions lie in a folder and not in a storage of their own, such as S3."""
    return isinstance(default_storage, FileSystemStorage)


def hold(target: Path) -> None:
    """Give every file a second name below `target`, and the runs in training the state that they have now."""
    hold_again(target)
    source = _trainer() / RUNS
    for run in sorted(source.iterdir()) if source.is_dir() else []:
        _hold_run(run, target / TRAINER / RUNS / run.name)


def hold_again(target: Path) -> None:
    """Do the same for the files that have come since, runs in training excepted."""
    if are_on_disk():
        _link(_files(), target / FILES)
    _link(_trainer(), target / TRAINER, leaving_out={RUNS})


def named() -> Iterator[str]:
    """Go through the names, in the archive, of all files that rows of the database name."""
    for model in apps.get_models():
        for field in (field for field in model._meta.get_fields() if isinstance(field, FileField)):
            names = model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True)
            yield from (f"{FILES}/{name}" for name in names.iterator())
    trainers = [*File.objects.kept(), *Model.objects.kept(), *Part.objects.select_related("upload")]
    yield from (f"{TRAINER}/{row.path.relative_to(_trainer())}" for row in trainers)


def missing(target: Path) -> list[str]:
    """Return which of the named files are not held."""
    return sorted(name for name in set(named()) if not _is_there(name, target))


def elsewhere() -> Iterator[str]:
    """Go through the names of what lies in a storage that is no folder."""
    if not are_on_disk():
        yield from _listed(default_storage, "")


def _is_there(name: str, target: Path) -> bool:
    if name.startswith(f"{FILES}/") and not are_on_disk():
        return default_storage.exists(name.removeprefix(f"{FILES}/"))
    return (target / name).exists()


def _listed(storage: Storage, folder: str) -> Iterator[str]:
    folders, names = storage.listdir(folder)
    yield from (f"{folder}{name}" for name in names)
    for inner in folders:
        yield from _listed(storage, f"{folder}{inner}/")


def _hold_run(run: Path, target: Path) -> None:
    """Take a state that fits together: its note of how far it is was the same before and after."""
    for _ in range(10):
        before = _note(run)
        shutil.rmtree(target, ignore_errors=True)
        _link(run, target)
        if _note(run) == before:
            return
    shutil.rmtree(target, ignore_errors=True)  # it moves too fast: the run begins anew, which costs time and nothing else


def _note(run: Path) -> tuple[int, int] | None:
    try:
        state = (run / "progress.json").stat()
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_mtime_ns


def _link(source: Path, target: Path, leaving_out: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    try:
        found = list(os.scandir(source))
    except FileNotFoundError:
        return
    target.mkdir(parents=True, exist_ok=True)
    for entry in found:
        if entry.is_dir(follow_symlinks=False) and entry.name not in leaving_out:
            _link(Path(entry.path), target / entry.name)
        elif entry.is_file(follow_symlinks=False):
            _second_name(Path(entry.path), target / entry.name)


def _second_name(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except (FileExistsError, FileNotFoundError):
        pass
    except OSError:  # another disk, or one without hard links
        shutil.copy2(source, target)


def _files() -> Path:
    return Path(settings.MEDIA_ROOT)


def _trainer() -> Path:
    return Path(settings.DATA) / TRAINER

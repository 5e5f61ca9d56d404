"""Files that are either there whole or not at all.

A file is written under a temporary name, flushed to the disk and only then moved to its place, under a name that no
other attempt uses. The row that points at it comes last, so a worker that dies leaves at most a file that nothing
points at, and `sweep` takes that away.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile

from datasets import later
from datasets.models import Dataset
from datasets.pace import LeaseLost
from datasets.split import PARTS

FILES = ("source", "rows", "bad_file", "prepared", "prepared_texts", "prepared_index")


class Draft:
    """A file in the making: write to it, then `keep` it."""

    def __init__(self, dataset: Dataset, label: str, suffix: str = "jsonl") -> None:
        attempt = dataset.lease_token.hex[:12] if dataset.lease_token else "direct"
        self.name = f"{dataset.folder}/{label}-{attempt}-{uuid.uuid4().hex[:8]}.{suffix}"
        self.kept = ""
        self.path = drafts() / f"{dataset.key.hex}-{label}-{attempt}"
        self.file: BinaryIO = self.path.open("wb")
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.file.write(data)
        self.sha256.update(data)
        self.size += len(data)

    def keep(self) -> str:
        """Move the file to its place and return the name that it has there."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        with _Moved(self.path.open("rb"), str(self.path)) as content:
            self.kept = default_storage.save(self.name, content)
        return self.kept

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.file.close()
        self.path.unlink(missing_ok=True)
        if self.kept and isinstance(error, LeaseLost):  # nothing was written, so nothing points at it
            default_storage.delete(self.kept)


class _Moved(File):  # type: ignore[type-arg]
    """Tells a storage on the same disk that the file may be moved instead of copied."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        super().__init__(file)
        self._path = path

    def temporary_file_path(self) -> str:
        return self._path


def drafts() -> Path:
    folder = Path(settings.DATA) / "drafts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sweep(dataset: Dataset) -> None:
    """Remove files of attempts that came to nothing; call it while holding the dataset's lease."""
    kept = {name for name in _pointed_at(dataset) if name}
    for name in _stored(dataset):
        if name not in kept:
            default_storage.delete(name)
    attempt = dataset.lease_token.hex[:12] if dataset.lease_token else "direct"
    for draft in drafts().glob(f"{dataset.key.hex}-*"):
        if not draft.name.endswith(attempt):
            draft.unlink(missing_ok=True)


def clear(dataset: Dataset) -> None:
    """Remove all files of a dataset that is gone."""
    for name in _stored(dataset):
        default_storage.delete(name)
    with suppress(OSError, NotImplementedError):
        default_storage.delete(dataset.folder)
    for draft in drafts().glob(f"{dataset.key.hex}-*"):
        draft.unlink(missing_ok=True)
    later.forget(dataset)


def _stored(dataset: Dataset) -> list[str]:
    try:
        _folders, names = default_storage.listdir(dataset.folder)
    except FileNotFoundError:
        return []
    return [f"{dataset.folder}/{name}" for name in names]


def _pointed_at(dataset: Dataset) -> Iterator[str]:
    current = Dataset.objects.values_list(*FILES).filter(pk=dataset.pk).first()
    yield from current or ()
    for names in dataset.versions.values_list(*PARTS, "sides"):
        yield from names


@contextmanager
def opened(stored: FieldFile | str) -> Iterator[BinaryIO]:
    """The plain file behind a stored one, or one of that name: Django's own wrapper reads lines slowly."""
    with default_storage.open((stored if isinstance(stored, str) else stored.name) or "", "rb") as file:
        yield cast(BinaryIO, file.file)

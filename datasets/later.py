"""Answers that take a while to work out: kept as files under the data folder, worked out when somebody asks.

Where files lie in a bucket, answers are put there as well, for the other machines.

An answer is there whole or not at all. Whoever is at it leaves a note of how far it has come beside it; a note that
has not been touched for a while was left by a worker that died. Two at the same answer do no harm: both write the same.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from time import monotonic, time
from typing import BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from datasets.models import Dataset
from work.storage import is_far

SILENCE = 30.0  # seconds without a word after which nobody is at it
EVERY = 1.0
Progress = Callable[[float], None]  # told how much is done, 0 to 1, as often as one likes


@dataclass(frozen=True)
class Answer:
    path: Path

    def is_there(self) -> bool:
        return self.path.exists() or (is_far() and self._fetched())

    def _fetched(self) -> bool:
        """Bring what another machine has worked out."""
        try:
            with default_storage.open(self._shared, "rb") as source, self._made() as file:
                shutil.copyfileobj(source, file)
        except FileNotFoundError:
            return False
        return True

    def progress(self) -> float | None:
        """How far somebody has come with it, 0 to 1; None if nobody is at it."""
        try:
            fresh = time() - self._note.stat().st_mtime < SILENCE
            return float(self._note.read_text() or 0) if fresh else None
        except (OSError, ValueError):
            return None

    def ask(self, ring: Callable[[], object]) -> float:
        """How far somebody has come; if nobody is at it, ring for somebody, and not again for a while."""
        come = self.progress()
        if come is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._note.write_text("0")
            ring()
        return come or 0.0

    @contextmanager
    def at_it(self) -> Iterator[Progress]:
        """Be at the answer: what is called with the progress writes it down at most once a second."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = 0.0

        def tell(done: float) -> None:
            nonlocal told
            if monotonic() - told >= EVERY:
                told = monotonic()
                self._note.write_text(f"{min(done, 1.0):.3f}")

        tell(0.0)
        try:
            yield tell
        finally:
            self._note.unlink(missing_ok=True)

    @contextmanager
    def written(self) -> Iterator[BinaryIO]:
        """The file to write the answer to; it takes its place when the block ends well."""
        with self._made() as file:
            yield file
        if is_far():
            default_storage.delete(self._shared)
            with self.path.open("rb") as made:
                default_storage.save(self._shared, File(made))

    @contextmanager
    def _made(self) -> Iterator[BinaryIO]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.{uuid.uuid4().hex[:8]}")
        try:
            with draft.open("wb") as file:
                yield file
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)

    @property
    def _shared(self) -> str:
        return f"answers/{self.path.parent.name}/{self.path.name}"

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.note")


def answer(dataset: Dataset, name: str) -> Answer:
    return Answer(_folder(dataset) / name)


def forget(dataset: Dataset, names: str = "") -> None:
    """Remove the answers about a dataset, or those whose names fit a pattern."""
    if is_far():
        shared = f"answers/{dataset.key.hex}"
        for name in default_storage.listdir(shared)[1]:
            if fnmatch(name, names or "*"):
                default_storage.delete(f"{shared}/{name}")
    if not names:
        shutil.rmtree(_folder(dataset), ignore_errors=True)
    with suppress(OSError):
        for path in _folder(dataset).glob(names or "*"):
            path.unlink(missing_ok=True)


def _folder(dataset: Dataset) -> Path:
    return Path(settings.DATA) / "answers" / dataset.key.hex

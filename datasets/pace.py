"""The heartbeat of long work: renews the lease and shows how far it has come."""

from __future__ import annotations

import io
from time import monotonic
from typing import BinaryIO

from datasets.models import Dataset

LEASE = 30.0  # seconds
EVERY = 1.0


class LeaseLost(Exception):
    """Somebody else holds the dataset now: stop and write nothing."""


class Pace:
    """Call it often with how much is done; it writes at most once a second."""

    def __init__(self, dataset: Dataset, total: int, *, start: float = 0.0, share: float = 1.0) -> None:
        self.dataset, self.total, self.start, self.share = dataset, max(total, 1), start, share
        self.next = monotonic() + EVERY

    def __call__(self, done: int) -> None:
        if monotonic() < self.next:
            return
        self.next = monotonic() + EVERY
        progress = self.start + self.share * min(1.0, done / self.total)
        if not (self.dataset.renew(LEASE) and self.dataset.held().update(progress=progress)):
            raise LeaseLost


class Watched(io.BufferedIOBase):
    """A file that somebody else closes. It beats at each read, so that the lease is renewed however few rows come out."""

    def __init__(self, file: BinaryIO, pace: Pace) -> None:
        self._file, self._pace = file, pace

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        self._pace(self._file.tell())
        return self._file.read(-1 if size is None else size)

    def readline(self, size: int | None = -1) -> bytes:
        self._pace(self._file.tell())
        return self._file.readline(-1 if size is None else size)


def write_held(dataset: Dataset, **changes: object) -> None:
    """Write changes as the holder of the lease, or stop."""
    if not dataset.held().update(**changes):
        raise LeaseLost
    for name, value in changes.items():
        setattr(dataset, name, value)

"""The heartbeat of long work: renews the lease and shows how far it has come."""

from __future__ import annotations

import io
from time import monotonic
from typing import BinaryIO, cast

from datasets.models import Dataset

LEASE = 30.0  # seconds
EVERY = 1.0
BLOCK = 1 << 16  # bytes: even where little stands for much, as in a packed file, a block is read within a second


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


def watched(file: BinaryIO, pace: Pace) -> BinaryIO:
    """The file, whose every block that is read beats: however few rows come out of it, the lease is renewed."""
    return cast(BinaryIO, io.BufferedReader(_Watched(file, pace), BLOCK))


class _Watched(io.RawIOBase):
    """Reads through to a file that somebody else closes."""

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

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._pace(self._file.tell())
        return len(data)


def write_held(dataset: Dataset, **changes: object) -> None:
    """Write changes as the holder of the lease, or stop."""
    if not dataset.held().update(**changes):
        raise LeaseLost
    for name, value in changes.items():
        setattr(dataset, name, value)

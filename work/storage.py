"""What every storage of files has in common, whether it is a folder or a bucket."""

from __future__ import annotations

from django.core.files.storage import FileSystemStorage, default_storage


class StorageAway(OSError):
    """The storage of files does not answer, or refuses. Nothing is lost: the message says what an operator can do."""


def is_far() -> bool:
    """Whether files lie on another machine, where other machines than this one see them, too."""
    return not isinstance(default_storage, FileSystemStorage)

"""Take in an uploaded file and make it due for reading."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils import timezone

from datasets.formats.rows import excerpt
from datasets.models import Dataset
from datasets.words import Refused
from datasets.words import gettext_noop as _
from teams.models import Organization, User

BLOCK = 1 << 20
MOST_UNREAD = 10
UNREAD = (Dataset.State.UPLOADED, Dataset.State.READING)


def receive(organization: Organization, user: User | None, file: File[bytes], *, name: str = "", **asked: Any) -> Dataset:
    """Store the file and return its dataset, of which more may be asked at once.

    Raises Refused for a file that is empty or too large.
    """
    filename = shown_name(file.name or "")
    _refuse_size(file.size)
    sha256 = hashlib.sha256()
    for block in file.chunks(BLOCK):
        sha256.update(block)
    file.seek(0)
    key = uuid.uuid4()
    return Dataset.objects.create(
        organization=organization,
        name=(name.strip() or _title(filename))[:120],
        filename=filename,
        key=key,
        source=default_storage.save(f"datasets/{key.hex}/source", file),
        size=file.size,
        sha256=sha256.hexdigest(),
        created_by=user,
        due_at=timezone.now(),
        **asked,
    )


def refuse_many(organization: Organization, user: User) -> None:
    """Refuse one more file of somebody whose files before it wait to be read."""
    unread = Dataset.objects.of(organization).filter(created_by=user, state__in=UNREAD).count()
    if unread >= MOST_UNREAD:
        raise Refused(
            _(
                "%(count)s of your files are still being read. Wait until one of them is done, then upload this.",
                count=unread,
            )
        )


def shown_name(name: str) -> str:
    """A file's name as people see it: no folder, nothing invisible, never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(character for character in excerpt(last) if character.isprintable()).strip()
    return printable[-200:] or "file"


def _title(filename: str) -> str:
    """A file's name without its ending, and without both where it is packed."""
    plain = filename[:-3] if filename.lower().endswith(".gz") else filename
    return PurePosixPath(plain).stem or filename


def _refuse_size(size: int) -> None:
    if not size:
        raise Refused(_("The file is empty."))
    if size > settings.UPLOAD_MAX_BYTES:
        raise Refused(
            _(
                "The file is larger than %(limit)s MB, the most that this server takes.",
                limit=settings.UPLOAD_MAX_BYTES // 2**20,
            )
        )

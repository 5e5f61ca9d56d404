"""Take in a file: stream it to the data folder, hash it, and check every line of a training file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Sum

from trainer import examples
from trainer.models import File, Organization

TRAINING = "fine-tune"
PURPOSES = (TRAINING, "assistants", "batch", "evals", "user_data", "vision")
MOST_BYTES = 512 * 2**20


class TooBig(Exception):
    """The file is larger than the trainer takes in."""


class NoRoom(Exception):
    """The organization's files would take more room than it has."""


@dataclass(frozen=True)
class Contents:
    bytes: int
    sha256: str


def receive(
    organization: Organization,
    chunks: Iterable[bytes],
    *,
    filename: str,
    purpose: str,
    most: int,
    expires_at: datetime | None = None,
) -> File:
    """Keep a file; raise TooBig, NoRoom or examples.BadFile and keep nothing."""
    file = File(organization=organization, filename=filename[-255:], purpose=purpose, expires_at=expires_at)
    file.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        contents = write(file.path, chunks, most=most)
        check_room(organization, contents.bytes)
        file.bytes, file.sha256 = contents.bytes, contents.sha256
        if purpose == TRAINING:
            file.format, file.examples = _examined(file.path)
        file.save()
    except BaseException:
        file.path.unlink(missing_ok=True)
        raise
    return file


def check_room(organization: Organization, bytes: int) -> None:
    used = File.objects.of(organization).kept().aggregate(total=Sum("bytes"))["total"] or 0
    if used + bytes > settings.TRAINER_STORAGE_BYTES:
        raise NoRoom


def write(path: Path, chunks: Iterable[bytes], *, most: int) -> Contents:
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as out:
        for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise TooBig
            digest.update(chunk)
            out.write(chunk)
    return Contents(size, digest.hexdigest())


def _examined(path: Path) -> tuple[str, int]:
    format, count = "", 0
    with path.open("rb") as lines:
        for row in examples.read(lines):
            format = examples.FORMATS[type(row)]
            count += 1
    return format, count

"""Uploads: a large file that comes in parts, in any order and several at once, and is put together at the end."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from trainer import upload as files
from trainer.models import File, Organization, Part, Upload, UploadStatus

OPEN_SECONDS = 3600
MOST_BYTES = 8 * 2**30
MOST_PART_BYTES = 64 * 2**20
CHUNK_BYTES = 2**20


class Closed(Exception):
    """The upload takes nothing more: it was completed or cancelled, or its hour is over."""


class Mismatch(Exception):
    """The parts do not make up the file that was announced; the message says why."""


def begin(
    organization: Organization, *, filename: str, purpose: str, mime_type: str, bytes: int, life: int | None
) -> Upload:
    files.check_room(organization, bytes)
    return Upload.objects.create(
        organization=organization,
        filename=filename[-255:],
        purpose=purpose,
        mime_type=mime_type,
        bytes=bytes,
        life_seconds=life,
        expires_at=timezone.now() + timedelta(seconds=OPEN_SECONDS),
    )


def add(upload: Upload, chunks: Iterable[bytes]) -> Part:
    """Keep one part; raise Closed or files.TooBig and keep nothing."""
    _must_be_open(upload)
    part = Part(upload=upload)
    part.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.bytes = files.write(part.path, chunks, most=MOST_PART_BYTES).bytes
        _must_be_open(upload)
        part.save()
    except BaseException:
        part.path.unlink(missing_ok=True)
        raise
    return part


def complete(upload: Upload, part_ids: Sequence[str], md5: str | None) -> File:
    """Make the file of the parts in that order; raise Closed, Mismatch, files.TooBig or examples.BadFile."""
    _must_be_open(upload)
    parts = _ordered(upload, part_ids)
    if md5 is not None and _md5(parts) != md5.lower():
        raise Mismatch("The MD5 checksum of the parts differs from the one that was sent.")
    expires_at = timezone.now() + timedelta(seconds=upload.life_seconds) if upload.life_seconds else None
    file = files.receive(
        upload.organization,
        _chunks(parts),
        filename=upload.filename,
        purpose=upload.purpose,
        expires_at=expires_at,
        most=MOST_BYTES,
    )
    try:
        _close(upload, UploadStatus.COMPLETED, file)
    except Closed:
        file.path.unlink(missing_ok=True)
        file.delete()
        raise
    return file


def cancel(upload: Upload) -> None:
    _close(upload, UploadStatus.CANCELLED)


def sweep(most: int) -> None:
    """Close the uploads whose hour is over and remove their parts."""
    for upload in Upload.objects.abandoned()[:most]:
        Upload.objects.abandoned().filter(pk=upload.pk).update(status=UploadStatus.EXPIRED)
        shutil.rmtree(upload.path, ignore_errors=True)


def _must_be_open(upload: Upload) -> None:
    if not Upload.objects.open().filter(pk=upload.pk).exists():
        raise Closed


def _close(upload: Upload, status: UploadStatus, file: File | None = None) -> None:
    with transaction.atomic():
        if not Upload.objects.open().filter(pk=upload.pk).update(status=status, file=file):
            raise Closed
    upload.status, upload.file = status, file
    shutil.rmtree(upload.path, ignore_errors=True)


def _ordered(upload: Upload, part_ids: Sequence[str]) -> list[Part]:
    known = {part.public_id: part for part in upload.parts.all()}
    for part_id in part_ids:
        if part_id not in known:
            raise Mismatch(f"The upload {upload.public_id} has no part {part_id}.")
    if len(set(part_ids)) != len(part_ids):
        raise Mismatch("A part is named twice.")
    parts = [known[part_id] for part_id in part_ids]
    total = sum(part.bytes for part in parts)
    if total != upload.bytes:
        raise Mismatch(f"The parts have {total} bytes, but the upload was created for {upload.bytes}.")
    return parts


def _md5(parts: Sequence[Part]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in _chunks(parts):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(parts: Sequence[Part]) -> Iterator[bytes]:
    for part in parts:
        with part.path.open("rb") as source:
            while chunk := source.read(CHUNK_BYTES):
                yield chunk

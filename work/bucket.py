"""Files in a bucket that speaks S3, read through a bounded folder on this machine.

What reads them needs a plain file: rows are found by their place, arrays are mapped. So a file is fetched whole before
it is opened, once for each content (its ETag), and the ones that were not read for longest make room. The bucket is
asked at every opening, so a file that is gone or another one is never read from here.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3.exceptions
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.utils.translation import gettext as _
from storages.backends.s3 import S3Storage

from work.storage import StorageAway

ROOM = 0.9  # of what the folder may hold: so much is left once room is made


@contextmanager
def answering() -> Iterator[None]:
    """Turn what the bucket's client raises into FileNotFoundError, or StorageAway with a sentence."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        code = str(error.response.get("Error", {}).get("Code", status))
        if code in ("404", "NoSuchKey", "NotFound"):
            raise FileNotFoundError(code) from None
        raise StorageAway(_refused(status, code)) from error
    except (BotoCoreError, boto3.exceptions.Boto3Error) as error:
        raise StorageAway(_("The storage of files does not answer. Nothing is lost; try again in a moment.")) from error


def _refused(status: Any, code: str) -> str:
    if status in (401, 403) or code in ("NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return _("The storage of files refuses this server (%(code)s). Whoever runs it has to look at TUNEDECK_STORAGE.") % {
            "code": code
        }
    return _("The storage of files has a problem of its own (%(code)s). Nothing is lost; try again in a moment.") % {
        "code": code
    }


class Bucket(S3Storage):  # type: ignore[misc]
    """Django's storage over a bucket; `cache_folder` and `cache_bytes` say where and how much of it is kept here."""

    cache_folder: str
    cache_bytes: int
    patience: float  # seconds without a sign of life

    def get_default_settings(self) -> dict[str, Any]:
        own = {"cache_folder": "", "cache_bytes": 0, "patience": 30.0, "attempts": 3, "file_overwrite": False}
        return {**super().get_default_settings(), **own, "default_acl": None}

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.client_config = Config(
            connect_timeout=min(5.0, self.patience),
            read_timeout=self.patience,
            retries={"max_attempts": self.attempts, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path"} if self.endpoint_url else {},
            # What speaks S3 without being Amazon's need not know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode not in ("r", "rb"):
            raise ValueError("A stored file is written by saving it.")
        return File(self._near(name).open("rb"), name)

    def _near(self, name: str) -> Path:
        """Return the path of this content on this machine, fetched if it is not here yet."""
        with answering():
            found = self.bucket.Object(self._normalize_name(name))
            found.load()
            key = f"{self.bucket_name}\0{found.key}\0{found.e_tag}"
            path = Path(self.cache_folder) / hashlib.sha256(key.encode()).hexdigest()
            with suppress(FileNotFoundError):
                os.utime(path)
                return path
            self._fetch(found, path)
        return path

    def _fetch(self, found: Any, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._make_room(int(found.content_length))
        draft = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                found.download_fileobj(file, Config=self.transfer_config)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def _make_room(self, size: int) -> None:
        """Remove what was not read for longest; what is open meanwhile stays readable for whoever has it."""
        here = []
        for path in Path(self.cache_folder).iterdir():
            with suppress(FileNotFoundError):
                found = path.stat()
                here.append((found.st_mtime, found.st_size, path))
        taken = sum(one[1] for one in here) + size
        if taken <= self.cache_bytes:
            return
        for _read, bytes_, path in sorted(here):
            if taken <= self.cache_bytes * ROOM:
                return
            path.unlink(missing_ok=True)
            taken -= bytes_

    def _save(self, name: str, content: Any) -> str:
        with answering():
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with answering():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with answering(), suppress(FileNotFoundError):
            super().delete(name)

    def size(self, name: str) -> int:
        with answering():
            return int(super().size(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with answering():
            folders, names = super().listdir(name)
        return folders, names

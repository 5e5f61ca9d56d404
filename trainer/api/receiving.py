"""What files and uploads have in common: how they are refused, and how long they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http.multipartparser import MultiPartParserError
from django.urls import resolve

from trainer import upload, uploads
from trainer.api.door import Call
from trainer.api.envelope import BadRequest, TooLarge
from trainer.examples import BadFile
from work.bounds import FORM_BYTES

SHORTEST_LIFE, LONGEST_LIFE = 3600, 2_592_000
UPLOADS = {"files": upload.MOST_BYTES, "upload-parts": uploads.MOST_PART_BYTES}


def most(path: str) -> int:
    """Return how many bytes an address takes: a file with its form, or JSON."""
    name = resolve(path.rstrip("/") or "/").url_name or ""
    return UPLOADS[name] + FORM_BYTES if name in UPLOADS else settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0


@contextmanager
def refusals(most: int) -> Iterator[None]:
    """Say in the API's words why a file is not taken in."""
    try:
        yield
    except BadFile as error:
        raise BadRequest(str(error), param="file", code="invalid_file_format") from None
    except upload.TooBig:
        raise TooLarge(f"A file may have at most {most // 2**20} MB.", param="file") from None
    except upload.NoRoom:
        raise BadRequest(
            f"You have exceeded your file storage quota. Organizations are limited to {_room()} of files. "
            "Please delete old files or attempt with a smaller file size."
        ) from None


def form_text(call: Call, name: str) -> str | None:
    """Return a text of the form, or refuse a body that is no form."""
    try:
        text = call.POST.get(name)
    except MultiPartParserError:
        raise BadRequest("The body of the request is no multipart form that can be read.") from None
    return None if text is None else str(text)


def check_purpose(purpose: str) -> None:
    if not purpose:
        raise BadRequest("Missing required parameter: 'purpose'.", param="purpose", code="missing_required_parameter")
    if purpose not in upload.PURPOSES:
        raise BadRequest(
            f"'{purpose}' is not one of {list(upload.PURPOSES)} - 'purpose'", param="purpose", code="invalid_value"
        )


def _room() -> str:
    size: int = settings.TRAINER_STORAGE_BYTES
    return f"{size // 2**30} GB" if size >= 2**30 else f"{size // 2**20} MB"

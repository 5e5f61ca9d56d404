"""/v1/files"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header

from trainer import delete, upload
from trainer.api import envelope, shapes
from trainer.api.door import Call
from trainer.api.page import ends, page
from trainer.api.receiving import LONGEST_LIFE, SHORTEST_LIFE, check_purpose, form_text, refusals
from trainer.models import File

MOST_LISTED = 10_000
CHUNK_BYTES = 2**18


def index(call: Call) -> HttpResponse:
    files = File.objects.of(call.organization).kept()
    if purpose := call.GET.get("purpose"):
        files = files.filter(purpose=purpose)
    found, more = page(call, files, default=MOST_LISTED, most=MOST_LISTED, newest_first=call.GET.get("order") != "asc")
    data = [shapes.file(file) for file in found]
    return envelope.answer(shapes.listed(data, has_more=more, **ends(data)))


def create(call: Call) -> HttpResponse:
    purpose, uploaded = _parts(call)
    with refusals(upload.MOST_BYTES):
        file = upload.receive(
            call.organization,
            uploaded.chunks(),
            filename=uploaded.name or "file",
            purpose=purpose,
            most=upload.MOST_BYTES,
            expires_at=_expiry(call),
        )
    return envelope.answer(shapes.file(file))


def detail(call: Call, file_id: str) -> HttpResponse:
    return envelope.answer(shapes.file(find(call, file_id)))


def content(call: Call, file_id: str) -> HttpResponseBase:
    file = find(call, file_id)
    headers = {
        "Content-Length": str(file.bytes),
        "Content-Disposition": content_disposition_header(True, file.filename) or "",
    }
    return StreamingHttpResponse(_chunks(file.path), content_type="application/octet-stream", headers=headers)


def destroy(call: Call, file_id: str) -> HttpResponse:
    file = find(call, file_id)
    delete.file(file)
    return envelope.answer({"id": file.public_id, "object": "file", "deleted": True})


def find(call: Call, file_id: str) -> File:
    if file := File.objects.of(call.organization).kept().filter(public_id=file_id).first():
        return file
    raise envelope.Missing(f"No such File object: {file_id}", param="id")


def _parts(call: Call) -> tuple[str, UploadedFile[bytes]]:
    purpose = form_text(call, "purpose") or ""
    check_purpose(purpose)
    uploaded = call.FILES.get("file")
    if uploaded is None:
        raise envelope.BadRequest("Missing required parameter: 'file'.", param="file", code="missing_required_parameter")
    return purpose, uploaded


def _expiry(call: Call) -> datetime | None:
    anchor, life = call.POST.get("expires_after[anchor]"), call.POST.get("expires_after[seconds]")
    if anchor is None and life is None:
        return None
    if anchor != "created_at":
        raise envelope.BadRequest("'expires_after[anchor]' must be 'created_at'.", param="expires_after.anchor")
    if not _is_number(life) or not SHORTEST_LIFE <= int(life or 0) <= LONGEST_LIFE:
        raise envelope.BadRequest(
            f"'expires_after[seconds]' must be from {SHORTEST_LIFE} to {LONGEST_LIFE}.", param="expires_after.seconds"
        )
    return timezone.now() + timedelta(seconds=int(life or 0))


def _is_number(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdigit() and len(text) < 10


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """Read without holding up the other requests of the process."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
    finally:
        file.close()

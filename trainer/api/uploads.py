"""/v1/uploads: a file in parts."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpResponse
from pydantic import Field

from trainer import upload, uploads
from trainer.api import ask, envelope, shapes
from trainer.api.ask import Ask, Text
from trainer.api.door import Call
from trainer.api.envelope import BadRequest
from trainer.api.receiving import LONGEST_LIFE, SHORTEST_LIFE, check_purpose, form_text, refusals
from trainer.models import Upload

MOST_PARTS = 10_000


class ExpiresAfter(Ask):
    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=SHORTEST_LIFE, le=LONGEST_LIFE)]


class Create(Ask):
    filename: Annotated[Text, Field(min_length=1, max_length=1024)]
    purpose: Text
    bytes: Annotated[int, Field(ge=1, le=uploads.MOST_BYTES)]
    mime_type: Annotated[Text, Field(min_length=1, max_length=255)]
    expires_after: ExpiresAfter | None = None


class Complete(Ask):
    part_ids: Annotated[list[Text], Field(min_length=1, max_length=MOST_PARTS)]
    md5: Text | None = None


def create(call: Call) -> HttpResponse:
    asked = ask.read(call, Create)
    check_purpose(asked.purpose)
    life = asked.expires_after.seconds if asked.expires_after else None
    values = asked.model_dump(exclude={"expires_after"})
    with refusals(uploads.MOST_BYTES):
        begun = uploads.begin(call.organization, **values, life=life)
    return envelope.answer(shapes.upload(begun))


def add_part(call: Call, upload_id: str) -> HttpResponse:
    found = find(call, upload_id)
    form_text(call, "data")
    data = call.FILES.get("data")
    if data is None:
        raise BadRequest("Missing required parameter: 'data'.", param="data", code="missing_required_parameter")
    try:
        part = uploads.add(found, data.chunks())
    except upload.TooBig:
        message = f"A part may have at most {uploads.MOST_PART_BYTES // 2**20} MB."
        raise envelope.TooLarge(message, param="data") from None
    except uploads.Closed:
        raise _closed(call, upload_id) from None
    return envelope.answer(shapes.part(part))


def complete(call: Call, upload_id: str) -> HttpResponse:
    found, asked = find(call, upload_id), ask.read(call, Complete)
    try:
        with refusals(uploads.MOST_BYTES):
            uploads.complete(found, asked.part_ids, asked.md5)
    except uploads.Mismatch as error:
        raise BadRequest(str(error), param="part_ids", code="invalid_parts") from None
    except uploads.Closed:
        raise _closed(call, upload_id) from None
    return envelope.answer(shapes.upload(find(call, upload_id)))


def cancel(call: Call, upload_id: str) -> HttpResponse:
    try:
        uploads.cancel(find(call, upload_id))
    except uploads.Closed:
        raise _closed(call, upload_id) from None
    return envelope.answer(shapes.upload(find(call, upload_id)))


def find(call: Call, upload_id: str) -> Upload:
    if found := Upload.objects.of(call.organization).select_related("file").filter(public_id=upload_id).first():
        return found
    raise envelope.Missing(f"No such Upload object: {upload_id}", param="upload_id")


def _closed(call: Call, upload_id: str) -> BadRequest:
    status = shapes.upload_status(find(call, upload_id))
    return BadRequest(f"The upload {upload_id} is {status} and takes nothing more.", code="upload_not_pending")

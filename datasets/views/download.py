"""Stored files as downloads, streamed in pieces whatever their size."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import PurePosixPath

import orjson
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from datasets.models import Version
from datasets.split import EVALUATION, TRAINING, VALIDATION
from datasets.views.page import dataset_of
from datasets.wording import say
from teams import access, audit, sheet
from teams.access import OrgRequest

BLOCK = 1 << 18


def attachment(
    stored: FieldFile,
    filename: str,
    content_type: str,
    *,
    head: bytes = b"",
    written: Callable[[bytes], bytes] | None = None,
) -> HttpResponseBase:
    """A stored file as a download; `written` turns each of its lines into what is sent after the head."""
    disposition = content_disposition_header(True, filename) or ""
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    pieces = _lines(stored.name or "", head, written) if written else _blocks(stored.name or "")
    response = StreamingHttpResponse(pieces, content_type=content_type, headers=headers)
    if not written:
        response["Content-Length"] = str(stored.size)
    return response


SIDES = {TRAINING: "_train", VALIDATION: "_valid", EVALUATION: "_eval"}


def filename(version: Version, side: str) -> str:
    """What `openai tools fine_tunes.prepare_data` calls such a file, so that its users find their way."""
    name = PurePosixPath(version.dataset.filename)
    stem = PurePosixPath(name.stem).stem if name.suffix.lower() == ".gz" else name.stem
    only = side == TRAINING and not (version.validation or version.evaluation)
    return f"{stem or 'dataset'}_prepared{'' if only else SIDES[side]}.jsonl"


async def _blocks(name: str) -> AsyncIterator[bytes]:
    file = await sync_to_async(default_storage.open)(name, "rb")
    try:
        while block := await sync_to_async(file.read)(BLOCK):
            yield block
    finally:
        await sync_to_async(file.close)()


async def _lines(name: str, head: bytes, written: Callable[[bytes], bytes]) -> AsyncIterator[bytes]:
    yield head
    rest = b""
    async for block in _blocks(name):
        *lines, rest = (rest + block).split(b"\n")
        if lines:
            yield b"".join(map(written, lines))


@require_safe
@access.viewer
def bad_rows(request: OrgRequest, pk: int) -> HttpResponseBase:
    dataset = dataset_of(request, pk)
    if not dataset.bad_file:
        raise Http404
    audit.revealed(request, "dataset.downloaded", dataset, file="bad rows")
    name = f"{slugify(dataset.name) or 'dataset'}-bad-rows.csv"
    head = sheet.line([_("line"), _("column"), _("reason"), _("text")]).encode()
    return attachment(dataset.bad_file, name, "text/csv; charset=utf-8", head=head, written=_bad_row)


def _bad_row(stored: bytes) -> bytes:
    row = orjson.loads(stored)
    return sheet.line([str(row["line"]), row["column"], say(row["reason"]), row["text"]]).encode()


@require_safe
@access.viewer
def source(request: OrgRequest, pk: int) -> HttpResponseBase:
    """The file as it was uploaded."""
    dataset = dataset_of(request, pk)
    if not dataset.source:
        raise Http404
    kind = dataset.layout.get("options", {}).get("kind", "")
    audit.revealed(request, "dataset.downloaded", dataset, file="source")
    packed = ".gz" if dataset.filename.lower().endswith(".gz") else ""
    suffix = f".{kind}{packed}" if kind else packed
    return attachment(dataset.source, f"{slugify(dataset.name) or 'dataset'}{suffix}", "application/octet-stream")

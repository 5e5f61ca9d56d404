"""Files at a provider."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from openai_api import answers, values
from openai_api.http import CONTENT_BYTES, CONTENT_SECONDS, Ask, Wire, path
from openai_api.types import RemoteFile

UPLOAD_PATIENCE = 5.0  # servers read and check a whole file before they answer: so many times the usual limit


def upload(
    wire: Wire,
    source: IO[bytes] | Path,
    filename: str,
    purpose: str,
    *,
    place: str = "/files",
    fields: dict[str, str] | None = None,
) -> RemoteFile:
    """Send a file, with these fields before it or its purpose alone."""
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as stream:
        ask = Ask(
            method="POST",
            path=place,
            fields=fields or {"purpose": purpose},
            file=(filename, stream),
            repeatable=False,
            read_timeout=UPLOAD_PATIENCE * wire.patience,
        )
        return read(answers.as_object(wire.data(ask)))


def listing(wire: Wire) -> list[RemoteFile]:
    return [read(item) for item in values.identified(answers.as_items(wire.get("/files")))]


def retrieve(wire: Wire, file_id: str) -> RemoteFile:
    return read(answers.as_object(wire.get(path("files", file_id))))


def content(wire: Wire, file_id: str) -> bytes:
    return wire.send(_content(file_id))


def save(wire: Wire, file_id: str, sink: IO[bytes]) -> None:
    wire.copy(_content(file_id), sink)


def _content(file_id: str) -> Ask:
    return Ask(
        method="GET",
        path=path("files", file_id, "content"),
        headers={"Accept": "application/binary"},
        most_bytes=CONTENT_BYTES,
        most_seconds=CONTENT_SECONDS,
    )


def delete(wire: Wire, file_id: str) -> None:
    wire.delete(path("files", file_id))


def with_status(file: RemoteFile, status: str, details: str | None = None) -> RemoteFile:
    """Return the file with a provider's own word for its status put into OpenAI's."""
    return replace(file, status=status, status_details=details or file.status_details)


def read(data: dict[str, Any]) -> RemoteFile:
    """Read a file object; one without a status is as good as processed."""
    return RemoteFile(
        id=values.identifier(data),
        filename=values.text(data.get("filename")) or "",
        bytes=values.whole(data.get("bytes")),
        purpose=values.text(data.get("purpose")) or "",
        status=values.text(data.get("status")) or "processed",
        status_details=values.text(data.get("status_details")),
        created_at=values.moment(data.get("created_at")),
        raw=data,
    )

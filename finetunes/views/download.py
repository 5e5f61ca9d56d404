"""Send a file while it is made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

SENT = 1 << 16


def download(pieces: Iterator[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": content_disposition_header(True, name) or "", "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(_gathered(pieces), content_type=content_type, headers=headers)


async def _gathered(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := await sync_to_async(_next)(pieces):
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes:
    """Gather enough to be worth sending; empty at the end."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        if len(gathered) >= SENT:
            break
    return bytes(gathered)

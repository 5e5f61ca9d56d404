"""Keep all that a connection's provider has: start, follow, read what could not be had, take it away as one file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from connections.models import Connection
from finetunes import tasks
from finetunes.archive import collect
from finetunes.archive.bundle import bundle, safe
from finetunes.archive.report import report
from finetunes.models import Archive, FineTune, KeptFile
from teams import access, audit
from teams.access import OrgRequest

MOST_SHOWN = 200
SENT = 1 << 16


@require_safe
@access.viewer
def archive(request: OrgRequest, pk: int) -> HttpResponse:
    connection = _connection(request, pk)
    template = "finetunes/archive.html#state" if request.htmx.target == "archive-state" else "finetunes/archive.html"
    return render(request, template, _context(connection))


@require_POST
@access.owner
def archive_start(request: OrgRequest, pk: int) -> HttpResponse:
    connection = _connection(request, pk)
    made = collect.request(connection, request.user)
    audit.record(request, "connection.kept", connection)
    tasks.collect_soon(made)
    return redirect("finetunes:archive", pk)


@require_safe
@access.owner
def archive_download(request: OrgRequest, pk: int) -> HttpResponseBase:
    connection = _connection(request, pk)
    audit.record(request, "connection.exported", connection)
    name = f"{safe(connection.name)}-{timezone.now():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": content_disposition_header(True, name) or "", "X-Content-Type-Options": "nosniff"}
    pieces = _pieces(bundle(connection, _archive(connection)))
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


async def _pieces(whole: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := await sync_to_async(_next)(whole):
        yield piece


def _next(whole: Iterator[bytes]) -> bytes:
    """Gather enough to be worth sending; empty at the end."""
    gathered = bytearray()
    for piece in whole:
        gathered += piece
        if len(gathered) >= SENT:
            break
    return bytes(gathered)


def _connection(request: OrgRequest, pk: int) -> Connection:
    return get_object_or_404(Connection.objects.of(request.organization), pk=pk)


def _archive(connection: Connection) -> Archive | None:
    return Archive.objects.select_related("asked_by").filter(connection=connection).first()


def _context(connection: Connection) -> dict[str, Any]:
    made = _archive(connection)
    found = report(connection, made)
    files = KeptFile.objects.filter(connection=connection)
    imported = FineTune.objects.filter(connection=connection, imported_at__isnull=False)
    is_following = made is not None and made.stage == Archive.Stage.FOLLOWING
    rows, left = (imported, collect.unheard(connection)) if is_following else (files, files.filter(state="wanted"))
    whole = rows.count()
    return {
        "connection": connection,
        "archive": made,
        "report": found,
        "shown": found.missing[:MOST_SHOWN],
        "more": max(0, len(found.missing) - MOST_SHOWN),
        "whole": whole,
        "done": whole - left.count(),
    }

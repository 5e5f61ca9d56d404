"""Keep all that a connection's provider has: start, follow, read what could not be had, take it away as one file."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from connections.models import Connection
from finetunes import tasks
from finetunes.archive import collect
from finetunes.archive.bundle import bundle
from finetunes.archive.report import report
from finetunes.archive.zipped import safe
from finetunes.models import Archive, FineTune, KeptFile
from finetunes.views.download import download
from teams import access, audit
from teams.access import OrgRequest

MOST_SHOWN = 200


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
    return download(bundle(connection, _archive(connection)), name, "application/zip")


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

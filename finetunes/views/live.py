"""The live streams of one fine-tune, and of the rows of home and of the list."""

from __future__ import annotations

from collections.abc import AsyncIterator

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from finetunes.live.stream import Seen, follow, follow_rows
from finetunes.live.watchers import Watcher
from finetunes.models import FineTune
from teams import access, looks
from teams.access import OrgRequest

MOST_ROWS = 100


@require_GET
@access.viewer
def fine_tune_stream(request: OrgRequest, pk: int) -> HttpResponseBase:
    fine_tune = get_object_or_404(FineTune.objects.of(request.organization).only("pk"), pk=pk)
    return _stream(follow(fine_tune.pk, _seen(request), looks.now(), Watcher.of(request)))


@require_GET
@access.viewer
def row_stream(request: OrgRequest) -> HttpResponseBase:
    shape = request.GET.get("shape", "")
    return _stream(follow_rows(request.organization.pk, _rows(request), shape, looks.now(), Watcher.of(request)))


def _stream(messages: AsyncIterator[bytes]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(messages, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _seen(request: OrgRequest) -> Seen:
    """Read where to go on: the browser's last id when it comes again by itself, else what the page had."""
    given = (request.headers.get("Last-Event-ID"), request.GET.get("after"))
    return next((seen for id in given if id and (seen := Seen.of(id))), Seen())


def _rows(request: OrgRequest) -> dict[int, int]:
    """Read which rows the page shows, and which revision of each, from such as `12-3,15-1`."""
    given = [Seen.of(row) for row in request.GET.get("rows", "").split(",")[:MOST_ROWS]]
    return {row.cursor: row.revision for row in given if row}

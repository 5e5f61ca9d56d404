"""The live stream of one fine-tune."""

from __future__ import annotations

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import aget_object_or_404
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from finetunes.models import FineTune
from finetunes.stream import follow
from teams import access
from teams.access import OrgRequest

LARGEST = 2**31 - 1


@require_GET
@access.viewer
async def fine_tune_stream(request: OrgRequest, pk: int) -> HttpResponseBase:
    fine_tune = await aget_object_or_404(FineTune.objects.of(request.organization).only("pk"), pk=pk)
    response = StreamingHttpResponse(
        follow(fine_tune.pk, _cursor(request), get_language() or "en"), content_type="text/event-stream"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _cursor(request: OrgRequest) -> int:
    """Read where to go on: the browser's last id when it comes again by itself, else what the page had."""
    for given in (request.headers.get("Last-Event-ID"), request.GET.get("after")):
        if given and given.isascii() and given.isdecimal() and len(given) < 12:
            return min(int(given), LARGEST)
    return 0

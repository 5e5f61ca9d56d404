"""The record of who changed what, for owners."""

from __future__ import annotations

from collections.abc import AsyncIterator

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from teams import access, sheet
from teams.access import OrgRequest
from teams.models import AuditEntry, AuditQuerySet

PER_PAGE = 50
HEAD = ("when", "who", "action", "target type", "target id", "target", "from", "details")


@require_safe
@access.owner
def audit(request: OrgRequest) -> HttpResponse:
    everything = AuditEntry.objects.of(request.organization)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": Paginator(_found(request, everything), PER_PAGE).get_page(request.GET.get("page")),
        "actions": everything.order_by("action").values_list("action", flat=True).distinct(),
        "words": request.GET.get("q", ""),
        "action": request.GET.get("action", ""),
        "query": query.urlencode(),
    }
    template = "teams/audit.html#entries" if request.htmx.target == "entries" else "teams/audit.html"
    return render(request, template, context)


@require_safe
@access.owner
async def export(request: OrgRequest) -> StreamingHttpResponse:
    entries = _found(request, AuditEntry.objects.of(request.organization))
    name = f"tunedeck-audit-{timezone.now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(_lines(entries), content_type="text/csv; charset=utf-8", headers=headers)


def _found(request: HttpRequest, entries: AuditQuerySet) -> AuditQuerySet:
    if action := request.GET.get("action"):
        entries = entries.filter(action=action)
    return entries.search(request.GET.get("q", "").strip())


async def _lines(entries: AuditQuerySet) -> AsyncIterator[str]:
    yield sheet.line(HEAD)
    async for entry in entries.aiterator(chunk_size=500):
        yield sheet.line(_cells(entry))


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    return (
        entry.created_at.isoformat(timespec="seconds"),
        entry.actor_name,
        entry.action,
        entry.target_type,
        entry.target_id,
        entry.target_name,
        entry.address or "",
        entry.details_text,
    )

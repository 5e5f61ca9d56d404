"""The record of who did what, for owners."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from teams import access, sheet
from teams.access import OrgRequest
from teams.audit import chain, find, revealed, words
from teams.audit.find import Wish
from teams.models import AuditChain, AuditEntry, AuditQuerySet, Organization, User
from work import thread

EXPORTED = 500  # entries that are read at a time
HEAD = ("when", "who", "action", "target type", "target id", "target", "from", "details")


@require_safe
@access.owner
def audit(request: OrgRequest) -> HttpResponse:
    wish = Wish.read(request.GET)
    found = find.page(request.organization, wish)
    context = {
        "rows": [told(entry) for entry in found.entries],
        "found": found,
        "wish": wish,
        "query": wish.query(),
        "kinds": words.by_kind(),
        "people": people(request.organization, wish),
        "end": AuditChain.objects.filter(organization=request.organization).first(),
    }
    template = "teams/audit.html#entries" if request.htmx.target == "entries" else "teams/audit.html"
    return render(request, template, context)


@require_safe
@access.owner
def export(request: OrgRequest) -> StreamingHttpResponse:
    """Hand out all that is looked for, as lines of CSV or of JSON; the taking itself is on record first."""
    wish, form = Wish.read(request.GET), "jsonl" if request.GET.get("format") == "jsonl" else "csv"
    entries = _taken(request, wish, form)
    name = f"tunedeck-audit-{timezone.now():%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    content = _lines(entries, _json) if form == "jsonl" else _lines(entries, _row, head=sheet.line(HEAD))
    kind = "application/jsonl" if form == "jsonl" else "text/csv"
    return StreamingHttpResponse(content, content_type=f"{kind}; charset=utf-8", headers=headers)


def _taken(request: OrgRequest, wish: Wish, form: str) -> AuditQuerySet:
    """Return what was there before this was asked for."""
    entry = revealed(request, "audit.exported", None, format=form, filter=wish.query())
    entries = find.filtered(request.organization, wish)
    return entries.filter(number__lt=entry.number) if entry else entries.none()


def told(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry with its words."""
    return {
        "entry": entry,
        "sentence": words.sentence(entry),
        "changes": words.changed(entry),
        "others": words.others(entry),
    }


def people(organization: Organization, wish: Wish) -> list[tuple[str, str]]:
    """Return who can be looked for: the members, and whoever is looked for already."""
    members = User.objects.filter(memberships__organization=organization).order_by("name", "email")
    choices = [(str(user.pk), str(user)) for user in members]
    if wish.person and wish.person != find.ITSELF and wish.person not in dict(choices):
        entry = AuditEntry.objects.of(organization).filter(actor=int(wish.person)).order_by("-number").first()
        choices.append((wish.person, entry.actor_name if entry and entry.actor_name else f"#{wish.person}"))
    return choices


async def _lines(entries: AuditQuerySet, line: Callable[[AuditEntry], str], head: str = "") -> AsyncIterator[str]:
    """Yield the entries' lines, many at a time: the first ones do not wait for the last ones to be found."""
    if head:
        yield head
    before = find.MOST
    while some := await thread.briefly(_some, entries, before):
        before = some[-1].number or 0
        yield "".join(map(line, some))


def _some(entries: AuditQuerySet, before: int) -> list[AuditEntry]:
    return list(entries.filter(number__lt=before)[:EXPORTED])


def _row(entry: AuditEntry) -> str:
    return sheet.line(
        (
            entry.created_at.isoformat(timespec="seconds"),
            entry.actor_name,
            entry.action,
            entry.target_type,
            entry.target_id,
            entry.target_name,
            entry.address or "",
            entry.details_text,
        )
    )


def _json(entry: AuditEntry) -> str:
    """Return all that the entry's hash is made of, so that whoever has the file can reckon it again."""
    columns = (
        "number",
        "actor_id",
        "actor_name",
        "action",
        "target_type",
        "target_id",
        "target_name",
        "address",
        "details",
        "previous",
        "hash",
        "seals",
    )
    values = {"at": chain.moment(entry.created_at)} | {name: getattr(entry, name) for name in columns}
    return json.dumps(values, ensure_ascii=False) + "\n"

"""What a connection's provider has that was not started here, and its import."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from connections.models import Connection
from finetunes import bring_in, tasks
from finetunes.models import FineTune, Inventory
from teams import access, audit
from teams.access import OrgRequest

PER_PAGE = 25


@require_safe
@access.viewer
def elsewhere(request: OrgRequest, pk: int) -> HttpResponse:
    inventory = _inventory(request, pk)
    template = "finetunes/elsewhere.html#stock" if request.htmx.target == "stock" else "finetunes/elsewhere.html"
    return render(request, template, _context(request, inventory))


@require_POST
@access.member
def elsewhere_import(request: OrgRequest, pk: int) -> HttpResponse:
    inventory = _inventory(request, pk)
    if bring_in.request(inventory, request.user):
        audit.record(request, "fine-tunes.imported", inventory.connection)
        tasks.look_soon(inventory)
    return redirect("finetunes:elsewhere", pk)


@require_POST
@access.member
def elsewhere_stop(request: OrgRequest, pk: int) -> HttpResponse:
    inventory = _inventory(request, pk)
    if bring_in.stop(inventory):
        audit.record(request, "fine-tunes.import-stopped", inventory.connection)
        messages.success(request, _("Nothing more is imported. What is here stays here."))
    return redirect("finetunes:elsewhere", pk)


@require_POST
@access.member
def elsewhere_look(request: OrgRequest, pk: int) -> HttpResponse:
    """Ask for the list now; whoever is at it already is not disturbed."""
    inventory = _inventory(request, pk)
    Inventory.objects.filter(pk=inventory.pk).update(due_at=timezone.now())
    tasks.look_soon(inventory)
    return redirect("finetunes:elsewhere", pk)


@require_POST
@access.member
def elsewhere_hush(request: OrgRequest, pk: int) -> HttpResponse:
    inventory = _inventory(request, pk)
    Inventory.objects.filter(pk=inventory.pk).update(is_hushed=True)
    audit.record(request, "fine-tunes.hushed", inventory.connection)
    messages.success(request, _("The list of fine-tunes does not mention them any more. The connection's page leads here."))
    return redirect("finetunes:list")


def _inventory(request: OrgRequest, pk: int) -> Inventory:
    connection = get_object_or_404(Connection.objects.of(request.organization), pk=pk)
    made, _new = Inventory.objects.select_related("connection").get_or_create(
        connection=connection, defaults={"due_at": timezone.now()}
    )
    return made


def _context(request: OrgRequest, inventory: Inventory) -> dict[str, Any]:
    imported = FineTune.objects.filter(connection=inventory.connection_id, imported_at__isnull=False)
    page = Paginator(inventory.elsewhere.all(), PER_PAGE).get_page(request.GET.get("page"))
    left = page.paginator.count + bring_in.waiting(inventory)
    whole = imported.count() + page.paginator.count
    return {
        "inventory": inventory,
        "connection": inventory.connection,
        "page": page,
        "imported": imported.count(),
        "whole": whole,
        "done": whole - left,
        "is_importing": bool(inventory.imports and left),
        "is_looking": inventory.is_busy,
    }

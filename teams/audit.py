"""Write down who changed what. Details are plain JSON and hold no secrets."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from teams.access import OrgRequest
from teams.models import AuditEntry, Organization, User


def record(request: OrgRequest, action: str, target: Model | None = None, **details: Any) -> AuditEntry:
    """Write an entry for what the request's person did, such as `record(request, "dataset.uploaded", dataset)`."""
    return note(request.organization, action, target, actor=request.user, address=address(request), **details)


def address(request: HttpRequest) -> str | None:
    """Return where the request came from, or None for a connection without an address, such as a socket file."""
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


def note(
    organization: Organization,
    action: str,
    target: Model | None = None,
    *,
    actor: User | None = None,
    address: str | None = None,
    **details: Any,
) -> AuditEntry:
    """Write an entry outside a request; without an actor it was Tunedeck itself."""
    return AuditEntry.objects.create(
        organization=organization,
        actor=actor,
        actor_name=str(actor)[:254] if actor else "Tunedeck",
        action=action,
        target_type=target._meta.model_name or "" if target else "",
        target_id=str(target.pk) if target else "",
        target_name=str(target)[:300] if target else "",
        address=address,
        details=details,
    )

"""Add to the record. Whoever adds holds the row of the chain's end, so that a chain never has two ends."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from teams.access import OrgRequest
from teams.audit import chain
from teams.audit.origin import address as address_of
from teams.models import AuditChain, AuditEntry, Organization, User

ITSELF = "Tunedeck"
OPERATOR = "Operator"


def record(request: OrgRequest, action: str, target: Model | None = None, **details: Any) -> AuditEntry:
    """Write an entry for what the request's person did, such as `record(request, "dataset.uploaded", dataset)`."""
    return note(request.organization, action, target, actor=request.user, address=address_of(request), **details)


def revealed(request: OrgRequest, action: str, target: Model | None = None, **details: Any) -> AuditEntry | None:
    """Write an entry for what the request's person takes away; whoever only asks for the head takes nothing."""
    return record(request, action, target, **details) if request.method == "GET" else None


def note(
    organization: Organization | None,
    action: str,
    target: Model | None = None,
    *,
    actor: User | None = None,
    address: str | None = None,
    **details: Any,
) -> AuditEntry:
    """Write an entry outside a request; without an actor it was Tunedeck itself, without an organization the
    operator's chain keeps it.

    Details are plain and hold no secrets. The end of the chain stays locked until the transaction around it ends:
    note at the end of long ones.
    """
    return _add(organization, action, target, details, actor, str(actor) if actor else ITSELF, address)


def note_for(user: User, action: str, *, address: str | None = None, **details: Any) -> list[AuditEntry]:
    """Write what a person did with their own account: in each of their organizations, else in the operator's chain."""
    organizations = list(Organization.objects.filter(memberships__user=user).order_by("pk"))
    return [note(one, action, user, actor=user, address=address, **details) for one in organizations or (None,)]


def by_operator(organization: Organization | None, action: str, target: Model | None = None, **details: Any) -> AuditEntry:
    """Write what was done on the server's command line."""
    return _add(organization, action, target, details, None, OPERATOR, None)


def _add(
    organization: Organization | None,
    action: str,
    target: Model | None,
    details: dict[str, Any],
    actor: User | None,
    actor_name: str,
    address: str | None,
) -> AuditEntry:
    entry = AuditEntry(
        organization=organization,
        actor=actor,
        actor_name=chain.plain_text(actor_name)[:254],
        action=action,
        target_type=target._meta.model_name or "" if target else "",
        target_id=str(target.pk) if target else "",
        target_name=chain.plain_text(target)[:300] if target else "",
        address=address,
        details=chain.plain(details),
        seals=chain.new_salts(),
    )
    return append(entry)


@transaction.atomic
def append(entry: AuditEntry) -> AuditEntry:
    """Give the entry its place at the end of its chain and save both."""
    end = locked(entry.organization)
    entry.created_at = max(timezone.now(), end.last_at or timezone.now())  # a clock set back does not disorder the chain
    entry.number, entry.previous = end.number + 1, end.hash
    entry.hash = chain.digest(entry)
    entry.save(force_insert=True)
    AuditChain.objects.filter(pk=end.pk).update(number=entry.number, hash=entry.hash, last_at=entry.created_at)
    return entry


def locked(organization: Organization | None) -> AuditChain:
    """Return the end of the chain, which nobody else can move until this transaction ends."""
    name = str(organization.pk) if organization else AuditChain.OPERATOR
    ends = AuditChain.objects.select_for_update().filter(name=name)
    if end := ends.first():
        return end
    _begin(name, organization)
    return ends.get()


def _begin(name: str, organization: Organization | None) -> None:
    """Make the chain, unless somebody else has just made it."""
    end = AuditChain(name=name, organization=organization)
    end.hash = chain.beginning(end.origin)
    AuditChain.objects.bulk_create([end], ignore_conflicts=True)

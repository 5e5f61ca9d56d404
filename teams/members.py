"""Change a member's role or take them out; an organization always keeps an owner."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from teams.models import Membership, Organization, Role


class LastOwner(Exception):
    """The change would leave the organization without an owner."""

    def __init__(self) -> None:
        super().__init__(_("An organization needs at least one owner. Make somebody else an owner first."))


@transaction.atomic
def change_role(membership: Membership, role: Role) -> None:
    _keep_an_owner(membership, still_owner=role == Role.OWNER)
    membership.role = role
    membership.save(update_fields=["role"])


@transaction.atomic
def remove(membership: Membership) -> None:
    _keep_an_owner(membership, still_owner=False)
    membership.delete()


def _keep_an_owner(membership: Membership, *, still_owner: bool) -> None:
    """Refuse to lose the last owner; the organization's row is the lock that makes two changes wait for each other."""
    Organization.objects.select_for_update().get(pk=membership.organization_id)
    others = Membership.objects.of(membership.organization).owners().exclude(pk=membership.pk)
    was_owner = Membership.objects.of(membership.organization).owners().filter(pk=membership.pk).exists()
    if was_owner and not still_owner and not others.exists():
        raise LastOwner

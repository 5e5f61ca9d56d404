"""The first organization and its owner, made once at the first start."""

from __future__ import annotations

from django.db import transaction
from django.utils.text import slugify

from teams import audit
from teams.models import Membership, Organization, Role, User

NOBODY_YET = "owner@localhost"  # until the owner says who they are, with their password
ORGANIZATION = "My organization"


@transaction.atomic
def first_owner(email: str = "", password: str | None = None, organization_name: str = ORGANIZATION) -> User:
    """Make the first organization and its owner; return the owner that is there already, if there is one."""
    if existing := Membership.objects.owners().select_related("user").first():
        return existing.user
    email = email or NOBODY_YET
    user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(email, password or None)
    organization = Organization.objects.create(name=organization_name, slug=free_slug(organization_name))
    Membership.objects.create(user=user, organization=organization, role=Role.OWNER)
    audit.note(organization, "organization.created", organization)
    return user


def free_slug(name: str) -> str:
    """Return a slug that no organization has yet."""
    wish = slugify(name)[:40] or "organization"
    taken = set(Organization.objects.filter(slug__startswith=wish).values_list("slug", flat=True))
    if wish not in taken:
        return wish
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{wish}-{n}") not in taken)

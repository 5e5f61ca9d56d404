"""Who uses Tunedeck: people, organizations, roles, invitations, and the record of what they changed."""

from __future__ import annotations

from teams.models.audit import AuditChain, AuditEntry, AuditPermit, AuditQuerySet
from teams.models.links import INVITATION_DAYS, Invitation, Link, LinkQuerySet, LinkState, SignInLink, hashed, new_link
from teams.models.people import RANK, Membership, MembershipQuerySet, Organization, Remembered, Role, User, UserManager

__all__ = [
    "INVITATION_DAYS",
    "RANK",
    "AuditChain",
    "AuditEntry",
    "AuditPermit",
    "AuditQuerySet",
    "Invitation",
    "Link",
    "LinkQuerySet",
    "LinkState",
    "Membership",
    "MembershipQuerySet",
    "Organization",
    "Remembered",
    "Role",
    "SignInLink",
    "User",
    "UserManager",
    "hashed",
    "new_link",
]

"""Let somebody in again who has lost their second step and has no recovery code left."""

from __future__ import annotations

from django.utils.translation import gettext as _

from teams import changes, second_step
from teams.access import OrgRequest
from teams.models import Membership, User


class CannotReset(Exception):
    """The second step is not this owner's to take away, or there is none; the message says what to do."""


def reset_by_owner(member: Membership, request: OrgRequest) -> None:
    """Take a member's second step away, unless it guards another organization too."""
    if member.user.memberships.exclude(organization=request.organization).exists():
        command = f"python manage.py reset_mfa {member.user.email}"
        sentence = _(
            "%(person)s belongs to another organization too, so only whoever runs this server can do it: %(command)s"
        )
        raise CannotReset(sentence % {"person": member.user, "command": command})
    reset(member.user, request)


def reset(user: User, request: OrgRequest | None = None) -> None:
    """Take all second steps away, on record and with a mail; without a request an operator does it."""
    if not second_step.forget(user):
        raise CannotReset(_("%(person)s has no second step.") % {"person": user})
    changes.tell(user, "second_step_reset", request, actor=request.user if request else None)

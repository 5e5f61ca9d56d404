"""Invite somebody by link, and join by one. A link is good for one person, once."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from teams.models import Invitation, Membership, Organization, Role, User, new_link

MAIL_SECONDS = 10


class CannotJoin(Exception):
    """The link does not let this person in; the message says why and what to do."""


def invite(organization: Organization, *, role: Role, email: str, invited_by: User) -> tuple[Invitation, str]:
    """Make an invitation; return it and the secret of its link, which is never stored."""
    return new_link(Invitation, organization=organization, role=role, email=email.lower(), invited_by=invited_by)


def mail_is_configured() -> bool:
    return not settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".dummy.EmailBackend"))


def mail(invitation: Invitation, address: str) -> None:
    """Send the link; raises OSError if the mail server cannot be reached or refuses."""
    context = {"invitation": invitation, "address": address}
    message = EmailMessage(
        _("Join %(organization)s on Tunedeck") % {"organization": " ".join(invitation.organization.name.split())},
        render_to_string("teams/invitation.txt", context),
        to=[invitation.email],
        connection=get_connection(timeout=MAIL_SECONDS),
    )
    message.send()


def join(invitation: Invitation, user: User) -> Membership:
    """Make the person a member; whoever is one already keeps their role and the link stays good."""
    if invitation.email and invitation.email != user.email.lower():
        raise CannotJoin(
            _("This invitation is for %(email)s. Sign in with that address to use it.") % {"email": invitation.email}
        )
    if Membership.objects.of(invitation.organization).filter(user=user).exists():
        raise CannotJoin(_("You are a member of %(organization)s already.") % {"organization": invitation.organization})
    return _admit(invitation, user)


@transaction.atomic
def join_as_new(invitation: Invitation, *, email: str, name: str, password: str) -> Membership:
    """Make an account and its membership together, or neither."""
    return _admit(invitation, User.objects.create_user(invitation.email or email, password, name=name))


@transaction.atomic
def _admit(invitation: Invitation, user: User) -> Membership:
    if not invitation.use():
        raise CannotJoin(_("This invitation has just been used or withdrawn."))
    return Membership.objects.create(user=user, organization=invitation.organization, role=invitation.role)

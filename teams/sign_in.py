"""How people come in: with a password, or once with a link that an owner or the first start made.

There is no open sign-up. A new link replaces the person's older ones, and a new password ends them all.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from teams import audit
from teams.models import Membership, SignInLink, User, new_link

LINK_DAYS = 1
RESET_UNTIL = "reset_until"
RESET_SECONDS = 30 * 60


class NotYours(Exception):
    """A sign-in link would open organizations that the one who asks for it does not own."""


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes open sign-up: people come by invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say what matters; that one is signed in or out shows by itself."""
        if message_template not in {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}:
            super().add_message(request, level, message_template, *args, **kwargs)


def make_link(user: User, *, days: float = LINK_DAYS) -> str:
    """Return the path of a fresh link that signs the person in once; their older links end."""
    end_links(user)
    _link, secret = new_link(SignInLink, days=days, user=user)
    return reverse("teams:sign_in_link", args=[secret])


def make_link_for(member: Membership, *, asked_by: User) -> str:
    """Return a sign-in link for a member, unless it would open doors that are not the asker's to open."""
    owned = Membership.objects.owners().filter(user=asked_by).values("organization")
    if Membership.objects.filter(user=member.user).exclude(organization__in=owned).exists():
        raise NotYours(
            _("%(person)s also belongs to an organization that you do not own, so a link from you could open that one too.")
            % {"person": member.user}
        )
    return make_link(member.user)


def end_links(user: User) -> None:
    SignInLink.objects.open().filter(user=user).update(revoked_at=timezone.now())


def by_link(request: HttpRequest, link: SignInLink) -> bool:
    """Use the link up and sign its person in; False if it was no longer good."""
    if not link.user.is_active or not link.use():
        return False
    enter(request, link.user)
    request.session[RESET_UNTIL] = time.time() + RESET_SECONDS
    return True


def enter(request: HttpRequest, user: User) -> None:
    """Sign somebody in who has shown by a link who they are."""
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])


def may_set_password(request: HttpRequest, user: User) -> bool:
    """Say whether a password may be set without the old one: there is none, or a link was just used."""
    return not user.has_usable_password() or request.session.get(RESET_UNTIL, 0) > time.time()


def save_person(user: User, *, changed: Collection[str], address: str | None) -> None:
    """Save a person's new name and address; a new address is noted in all their organizations."""
    user.save(update_fields=["name", "email"])
    if "email" not in changed:
        return
    EmailAddress.objects.filter(user=user).delete()
    for membership in user.memberships.select_related("organization"):
        audit.note(membership.organization, "member.email-changed", user, actor=user, address=address, email=user.email)


def password_was_set(request: HttpRequest, user: User) -> None:
    """Keep this session, end all others and every open link."""
    update_session_auth_hash(request, user)
    request.session.pop(RESET_UNTIL, None)
    end_links(user)

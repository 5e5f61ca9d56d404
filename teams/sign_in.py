"""How people come in: with a password, or once with a link that an owner or the first start made.

There is no open sign-up. A new link replaces the person's older ones, and a new password ends them all.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import cast

from allauth.account.models import EmailAddress
from allauth.account.utils import perform_login
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
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


def by_link(request: HttpRequest, link: SignInLink) -> HttpResponse | None:
    """Use the link up and sign its person in; return the way on, or None if it was no longer good."""
    if not link.user.is_active or not link.use():
        return None
    logout(request)  # whoever else was signed in here
    request.session[RESET_UNTIL] = [link.user.pk, time.time() + RESET_SECONDS]
    return enter(request, link.user, reverse("teams:set_password"))


def enter(request: HttpRequest, user: User, to: str) -> HttpResponse:
    """Sign somebody in who has shown by a link who they are; who has a second step is asked for it first."""
    return cast(HttpResponse, perform_login(request, user, redirect_url=to))


def may_set_password(request: HttpRequest, user: User) -> bool:
    """Say whether a password may be set without the old one: there is none, or a link was just used."""
    who, until = request.session.get(RESET_UNTIL) or (None, 0)
    return not user.has_usable_password() or (who == user.pk and until > time.time())


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

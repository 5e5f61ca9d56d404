"""Who comes in through the organization's own provider of identities, and what their groups there let them do here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from teams import audit, members
from teams.models import RANK, Invitation, Membership, Organization, Role, User

log = logging.getLogger(__name__)


class Provider(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets in who has an account, a group or an invitation, and whose address the provider has verified."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        known_by_number = sociallogin.is_existing and not sociallogin._did_authenticate_by_email
        sentence = "" if known_by_number else _refusal(sociallogin)
        if sentence:
            raise ImmediateHttpResponse(render(request, "socialaccount/refused.html", {"sentence": sentence}, status=403))

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        if exception is not None:
            log.warning("single sign-on failed: %s", str(exception)[:300])
            extra_context["down"] = True

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True  # `pre_social_login` has let them in

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Mapping[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.name = str(data.get("name") or "")[:120]
        user.email = user.email.lower()
        return user


def _refusal(sociallogin: SocialLogin) -> str:
    """Return why somebody who was not here before through the provider does not come in; empty if they do."""
    claims = _claims(sociallogin)
    email = str(claims.get("email") or "").lower()
    if not email:
        return _("Your account there has no e-mail address. Ask whoever looks after it to add one.")
    verified = claims.get("email_verified")
    if verified is not True and verified != "true":
        return _("%(email)s is not verified there, so anybody could have entered it. Verify it there and come back.") % {
            "email": email
        }
    if sociallogin.is_existing or wanted(sociallogin) or _is_invited(email, str(sociallogin.state.get("next") or "")):
        return ""
    return _(
        "%(email)s is in no group that may use Tunedeck, and nobody has invited it. Ask an owner for an invitation."
    ) % {"email": email}


def _is_invited(email: str, way_on: str) -> bool:
    if Invitation.objects.open().filter(email=email).exists():
        return True
    try:
        found = resolve(way_on)
    except Resolver404:
        return False
    link = Invitation.objects.open().for_secret(str(found.kwargs.get("secret"))).first()
    return found.view_name == "teams:invitation" and link is not None and link.email in ("", email)


def _claims(sociallogin: SocialLogin) -> dict[str, Any]:
    """Return what the provider says of a person: the newer answer wins over the token."""
    data = sociallogin.account.extra_data
    return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}


def _setting() -> Any:
    """Return what config/single_sign_on.py has read."""
    return settings.SINGLE_SIGN_ON


def groups(sociallogin: SocialLogin) -> set[str]:
    """Return the person's groups; a dot in the setting leads into a claim that has parts."""
    claims = _claims(sociallogin)
    name = _setting().groups_claim
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, str):
        return {found}
    return {str(one) for one in found} if isinstance(found, list) else set()


def wanted(sociallogin: SocialLogin) -> dict[str, Role]:
    """Return the roles that the groups give, by the organization's short name; of several the highest."""
    theirs, roles = groups(sociallogin), dict[str, Role]()
    for line in _setting().roles:
        role = Role(line.role)
        if line.group in theirs and RANK[role] >= RANK[roles.get(line.organization, role)]:
            roles[line.organization] = role
    return roles


def apply(user: User, sociallogin: SocialLogin) -> None:
    """Make the person's memberships what their groups say, in the organizations that the setting names."""
    roles = wanted(sociallogin)
    named = {line.organization for line in _setting().roles}
    for organization in Organization.objects.filter(slug__in=named):
        membership = Membership.objects.of(organization).filter(user=user).select_related("organization").first()
        _make(user, organization, membership, roles.get(organization.slug))


def _make(user: User, organization: Organization, membership: Membership | None, role: Role | None) -> None:
    if membership is None:
        if role is not None:
            Membership.objects.create(user=user, organization=organization, role=role, from_groups=True)
            audit.note(organization, "member.joined", user, role=role, by="groups")
        return
    try:
        _change(membership, role)
    except members.LastOwner:
        audit.note(organization, "member.role-kept", user, role=membership.role, by="groups", why="last owner")


def _change(membership: Membership, role: Role | None) -> None:
    """Raise, lower or take away; who was invited by a person and is in no group stays."""
    before = membership.role
    if role is None:
        if membership.from_groups:
            members.remove(membership)
            audit.note(membership.organization, "member.removed", membership.user, role=before, by="groups")
        return
    if before != role:
        members.change_role(membership, role)
        audit.note(membership.organization, "member.role-changed", membership.user, before=before, after=role, by="groups")
    if not membership.from_groups:
        membership.from_groups = True
        membership.save(update_fields=["from_groups"])

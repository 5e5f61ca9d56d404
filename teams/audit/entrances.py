"""Who came in, who went, and who was turned away."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from teams.audit.origin import address
from teams.audit.write import note, note_for
from teams.models import Organization, User

METHODS = "account_authentication_methods"  # where django-allauth keeps by what a person has come in


class Noted(DefaultAccountAdapter):  # type: ignore[misc]
    """Puts on record who signs in and out. What was typed as a password is nowhere, nor as an address if it is none."""

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        by = [str(one.get("method", "")) for one in request.session.get(METHODS, []) if isinstance(one, dict)]
        note_for(user, "sign-in.done", address=address(request), by=", ".join(filter(None, by)))

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            note_for(user, "sign-in.ended", address=address(request))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        typed = str(credentials.get("email") or credentials.get("username") or "")
        if user := User.objects.filter(email__iexact=typed).first():
            _turned_away(user, request)
        else:
            note(None, "sign-in.failed", address=address(request), email=typed[:254] if "@" in typed else "")


def _turned_away(user: User, request: HttpRequest) -> None:
    """Somebody did not get in as this person: nobody knows who it was."""
    organizations = list(Organization.objects.filter(memberships__user=user).order_by("pk"))
    for organization in organizations or (None,):
        note(organization, "sign-in.failed", user, address=address(request))

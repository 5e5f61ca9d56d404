"""What was removed of a person, in the words of the page that says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

REMOVED: dict[str, Any] = {
    "names in the organization’s things": _("Names beside what was done, now “somebody who left”"),
    "audit entries without the name": _("Entries of the audit log, now without the name"),
    "entries of earlier audit logs": _("Entries of earlier audit logs, now without the name"),
    "archives": _("Archives of an organization that could still be downloaded"),
    "sessions": _("Sessions"),
    "invitations": _("Invitations to the address"),
    "votes": _("Votes"),
    "trials": _("Questions asked side by side"),
    "playground.Asked": _("Questions asked in the playground"),
    "playground.Trial": _("Questions asked side by side"),
    "notifications.Receipt": _("Notifications"),
    "notifications.Delivery": _("Notifications that were sent by mail or to another program"),
    "notifications.Preference": _("Choice of what to be told, and how"),
    "mfa.Authenticator": _("Second steps and recovery codes"),
    "socialaccount.SocialAccount": _("Ways in by single sign-on"),
    "teams.Membership": _("Memberships in organizations"),
    "teams.SignInLink": _("Sign-in links"),
    "teams.User": _("The account"),
}
UNSAID = {
    "usersessions.UserSession",
    "account.EmailAddress",
    "account.EmailConfirmation",
    "socialaccount.SocialToken",
    "teams.User_groups",
    "teams.User_user_permissions",
}
"""Rows of the libraries' own that hang on what is said already."""


def removed(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return what was removed and how much of it, in the order above; what has no words yet by its own name."""
    said: Counter[str] = Counter()
    known = [what for what in REMOVED if what in counts]
    for what in known + [what for what in counts if what not in REMOVED and what not in UNSAID]:
        said[str(REMOVED.get(what, what))] += counts[what]
    return list(said.items())

"""What changed about how a person comes in: on record in all their organizations, and mailed to them."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from teams import audit
from teams.invitations import MAIL_SECONDS, mail_is_configured
from teams.models import User

log = logging.getLogger(__name__)

CHANGES: dict[str, tuple[str, Any]] = {
    "password_changed": ("password.changed", _("Your password was changed.")),
    "password_reset": ("password.changed", _("Your password was changed by a link that was mailed to you.")),
    "password_set": ("password.changed", _("You have a password now.")),
    "totp_activated": ("second-step.added", _("An authenticator app is now asked for when you sign in.")),
    "totp_deactivated": ("second-step.removed", _("Your authenticator app is no longer asked for when you sign in.")),
    "webauthn_added": ("second-step.added", _("A security key or passkey was added to your account.")),
    "webauthn_removed": ("second-step.removed", _("A security key or passkey was removed from your account.")),
    "recovery_codes_generated": ("second-step.codes-made", _("New recovery codes were made. The old ones end here.")),
    "second_step_reset": ("second-step.reset", _("Your second step at sign-in was taken away, as you had lost it.")),
}
"""What is written down as which action, and said how; the names are those of django-allauth, the last is ours."""


def tell(user: User, change: str, request: HttpRequest | None = None, *, actor: User | None = None) -> None:
    """Note the change and mail it; the person themself did it unless an actor is named, an operator without a request."""
    if change not in CHANGES:
        return
    action, sentence = CHANGES[change]
    address = audit.address(request) if request else None
    if request and actor is None:
        audit.note_for(user, action, address=address)
    for membership in user.memberships.select_related("organization") if actor or not request else ():
        if actor:
            audit.note(membership.organization, action, user, actor=actor, address=address)
        else:
            audit.by_operator(membership.organization, action, user)
    mail(user, str(sentence), {"address": address, "actor": actor})


def mail(user: User, sentence: str, context: dict[str, Any]) -> bool:
    """Mail a person about their account; False if that cannot be, which stops nothing."""
    if not mail_is_configured():
        return False
    body = render_to_string("teams/changed.txt", {"sentence": sentence, "site": settings.SITE_ADDRESS, **context})
    message = EmailMessage(sentence, body, to=[user.email], connection=get_connection(timeout=MAIL_SECONDS))
    try:
        message.send()
    except OSError as error:
        log.warning("the mail about a change of an account could not be sent: %s", error)
        return False
    return True

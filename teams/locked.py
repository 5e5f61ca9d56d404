"""Tell a person that somebody has tried wrong passwords until their account was closed for a while."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from teams import audit, changes
from teams.models import User


def tell(login: str, address: str | None) -> None:
    """Note and mail it, if there is such an account: a task of its own, so that waiting tells nobody which there are."""
    user = User.objects.filter(email__iexact=login, is_active=True).first()
    if user is None:
        return
    for membership in user.memberships.select_related("organization"):
        audit.note(membership.organization, "sign-in.locked", user, address=address)
    sentence = _("Your account was closed for %(minutes)s minutes after too many wrong passwords.")
    changes.mail(user, sentence % {"minutes": settings.SIGN_IN_LOCK_MINUTES}, {"address": address})

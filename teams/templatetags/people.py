from __future__ import annotations

from django import template
from django.conf import settings

from teams.forms import password_help
from teams.invitations import mail_is_configured
from teams.sessions import device

register = template.Library()
register.simple_tag(mail_is_configured)
register.simple_tag(password_help)
register.filter("device", device)


@register.simple_tag
def single_sign_on() -> object | None:
    """Return how single sign-on is set up: its `name`, and whether it is the `only` way in."""
    found: object | None = settings.SINGLE_SIGN_ON
    return found

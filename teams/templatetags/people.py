from __future__ import annotations

from django import template

from teams.forms import password_help
from teams.invitations import mail_is_configured

register = template.Library()
register.simple_tag(mail_is_configured)
register.simple_tag(password_help)

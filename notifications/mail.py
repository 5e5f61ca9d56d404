"""A notification as an e-mail."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from notifications import words
from notifications.models import Notification
from teams.invitations import MAIL_SECONDS
from teams.models import User


def send(person: User, notification: Notification, public_id: uuid.UUID) -> None:
    """Hand it to the mail server under an id of its own; raises OSError if that cannot be reached or refuses."""
    context = {
        "title": words.title(notification),
        "text": words.text(notification),
        "address": settings.SITE_ADDRESS + reverse("notifications:open", args=[notification.pk]),
        "settings": settings.SITE_ADDRESS + reverse("notifications:preferences"),
    }
    _hand_over(person, words.title(notification), render_to_string("notifications/mail.txt", context), public_id)


def send_test(person: User) -> None:
    text = _("This is a test. Notifications from Tunedeck will reach you at this address.")
    _hand_over(person, _("A test from Tunedeck"), text + "\n", uuid.uuid4())


def _hand_over(person: User, subject: str, text: str, public_id: uuid.UUID) -> None:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    connection = get_connection(timeout=MAIL_SECONDS)
    EmailMessage(
        subject, text, to=[person.email], connection=connection, headers={"Message-ID": f"<{public_id.hex}@{domain}>"}
    ).send()

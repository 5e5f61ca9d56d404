"""Mail: does the server greet us, and, if asked, does a mail arrive."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from config.doctor.findings import Finding, bad, good, warning

ADVICE = "See EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, EMAIL_HOST_USER and EMAIL_HOST_PASSWORD."


def look() -> Iterator[Finding]:
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        yield warning(
            "No mail server is set: invitations and forgotten passwords are only written to the log.", "Set EMAIL_HOST."
        )
        return
    try:
        connection = get_connection()
        connection.open()
        connection.close()
    except (OSError, smtplib.SMTPException) as error:
        yield bad(f"The mail server {settings.EMAIL_HOST} does not take us ({type(error).__name__}).", ADVICE)
    else:
        yield good(f"The mail server {settings.EMAIL_HOST} takes us.")


def send(address: str) -> Iterator[Finding]:
    text = "This mail was sent by `manage.py doctor --mail`. Whoever reads it knows that mail works."
    try:
        EmailMessage("Tunedeck sends mail", text, to=[address]).send()
    except (OSError, smtplib.SMTPException) as error:
        yield bad(f"A mail could not be sent ({type(error).__name__}).", ADVICE)
    else:
        yield good(f"A mail from {settings.DEFAULT_FROM_EMAIL} was handed over; see whether it arrives.")

"""A person with an app that shows codes, as the tests need one."""

from __future__ import annotations

import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from teams.models import User

PASSWORD = "correct horse"


def code(secret: str, later: int = 0) -> str:
    """Return what the app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


def with_app(user: User) -> str:
    """Give the person an app and recovery codes; return the app's secret."""
    secret = str(generate_totp_secret())
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def confirm(client: Client) -> None:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def password_given(email: str) -> Client:
    """Return a browser in which the first step is done."""
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return client

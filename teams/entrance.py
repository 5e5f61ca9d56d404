"""What Tunedeck answers where the sign-in library asks: no open sign-up, and who hears of a changed entrance."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from teams import audit, changes, sessions, single_sign_on, tasks, throttle
from teams.audit.entrances import Noted
from teams.models import User

NOWHERE = "0.0.0.0"  # noqa: S104
SILENT = {
    "account/messages/logged_in.txt",
    "account/messages/logged_out.txt",
    "mfa/messages/recovery_codes_generated.txt",
}
REFUSALS = {
    "email_password_mismatch": _(
        "The address or the password is not correct. Mind capital letters and spaces, and try again."
    ),
    "enter_current_password": _("This is not the password that you have now. Type that one first."),
    "incorrect_password": _("This is not your password. Mind capital letters and spaces, and try again."),
}


class Entrance(Noted):
    """Closes open sign-up: people come by invitation."""

    error_messages = Noted.error_messages | REFUSALS

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say what matters; that one is signed in or out, or sees new codes, shows by itself."""
        if message_template not in SILENT:
            super().add_message(request, level, message_template, *args, **kwargs)

    def get_client_ip(self, request: HttpRequest) -> str:
        return audit.address(request) or NOWHERE

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse passwords where only single sign-on is in use, and for a while after too many wrong ones."""
        if passwords_are_closed() and not request.user.is_authenticated:
            raise ValidationError(gettext("Nobody signs in with a password here. Use the button below."))
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            login = str(credentials.get("email", ""))
            if throttle.allow("told-locked", login.lower(), times=1, seconds=settings.SIGN_IN_LOCK_MINUTES * 60):
                tasks.tell_locked.delay(login, audit.address(request))
            key = self._get_login_attempts_cache_key(request, **credentials)
            raise ValidationError(throttle.locked_sentence(request, key)) from None

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        sessions.begin(request)
        if sociallogin := (kwargs.get("signal_kwargs") or {}).get("sociallogin"):
            single_sign_on.apply(user, sociallogin)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        if not passwords_are_closed():
            super().send_password_reset_mail(user, email, context)

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """Put what changed about a person's entrance on record, and tell them."""
        changes.tell(user, template_prefix.rpartition("/")[2], self.request)


def passwords_are_closed() -> bool:
    return settings.SINGLE_SIGN_ON is not None and settings.SINGLE_SIGN_ON.only

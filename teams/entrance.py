"""What Tunedeck answers where the sign-in library asks: no open sign-up, and who hears of a changed entrance."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from teams import changes
from teams.audit.entrances import Noted
from teams.models import User

SILENT = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class Entrance(Noted):
    """Closes open sign-up: people come by invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say what matters; that one is signed in or out shows by itself."""
        if message_template not in SILENT:
            super().add_message(request, level, message_template, *args, **kwargs)

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """Put what changed about a person's entrance on record, and tell them."""
        changes.tell(user, template_prefix.rpartition("/")[2], self.request)

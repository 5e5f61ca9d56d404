"""Take a person's second step at sign-in away, for the operator of a server."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams import lost_device
from teams.models import User


class Command(BaseCommand):
    help = "Takes the authenticator app, the security keys and the recovery codes of a person away who has lost them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is nobody with the address {email}.")
        try:
            lost_device.reset(user)
        except lost_device.CannotReset as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{user} signs in without a second step now. Ask them to set up a new one at /settings/.")

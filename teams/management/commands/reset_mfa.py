"""Take a person's second step at sign-in away, for the operator of a server."""

from __future__ import annotations

from django.core.management.base import CommandError

from teams import lost_device
from teams.management.about_person import AboutPerson
from teams.models import User


class Command(AboutPerson):
    help = "Takes the authenticator app, the security keys and the recovery codes of a person away who has lost them."

    def about(self, user: User) -> None:
        try:
            lost_device.reset(user)
        except lost_device.CannotReset as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{user} signs in without a second step now. Ask them to set up a new one at /settings/.")

"""Print a one-time sign-in link for a person, for the operator of a server without mail."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import CommandError

from teams import audit
from teams.management.about_person import AboutPerson
from teams.models import User
from teams.sign_in import make_link


class Command(AboutPerson):
    help = "Prints an address that signs the person in once and lets them set a password."

    def about(self, user: User) -> None:
        if not user.is_active:
            raise CommandError(f"The account of {user.email} is closed.")
        for organization in list(user.organizations.order_by("pk")) or (None,):
            audit.by_operator(organization, "sign-in-link.created", user)
        self.stdout.write(settings.SITE_ADDRESS + make_link(user))

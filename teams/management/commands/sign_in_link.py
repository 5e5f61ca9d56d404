"""Print a one-time sign-in link for a person, for the operator of a server without mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams import audit
from teams.models import User
from teams.sign_in import make_link


class Command(BaseCommand):
    help = "Prints an address that signs the person in once and lets them set a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"There is nobody with the address {email}.")
        for organization in list(user.organizations.order_by("pk")) or (None,):
            audit.by_operator(organization, "sign-in-link.created", user)
        self.stdout.write(settings.SITE_ADDRESS + make_link(user))

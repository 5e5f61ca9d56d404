"""What commands about one person share: they name an e-mail address, and somebody has to be there."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams.models import User


class AboutPerson(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is nobody with the address {email}.")
        self.about(user)

    def about(self, user: User) -> None:
        """Do what the command is for; CommandError with a sentence if it cannot be done."""
        raise NotImplementedError

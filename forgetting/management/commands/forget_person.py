"""Erase a person's data from this server."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from forgetting import person
from teams.models import User


class Command(BaseCommand):
    help = "Erases a person: account, sessions, history, votes, notifications, invitations, and their name in the audit log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is nobody with the address {email}.")
        try:
            receipt = person.erase(user)
        except person.StillNeeded as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write("Erased:")
        for what, count in receipt.lines:
            self.stdout.write(f"  {what}: {count}")

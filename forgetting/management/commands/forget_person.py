"""Erase a person's data from this server."""

from __future__ import annotations

from django.core.management.base import CommandError

from forgetting import person
from teams.management.about_person import AboutPerson
from teams.models import User


class Command(AboutPerson):
    help = "Erases a person: account, sessions, history, votes, notifications, invitations, and their name in the audit log."

    def about(self, user: User) -> None:
        try:
            receipt = person.erase(user)
        except person.StillNeeded as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write("Erased:")
        for what, count in receipt.lines:
            self.stdout.write(f"  {what}: {count}")

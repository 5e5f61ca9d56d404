"""Encrypt every stored key again with the first of TUNEDECK_FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connections import encryption
from connections.models import Connection


class Command(BaseCommand):
    help = (
        "Encrypts the keys of all connections again with the first of TUNEDECK_FIELD_KEYS; afterwards the older ones can go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        lost = [connection.name for connection in Connection.objects.all() if not encryption.renew(connection, "key")]
        self.stdout.write(f"{Connection.objects.count() - len(lost)} keys encrypted again.")
        if lost:
            raise CommandError(f"Not readable with any of the keys given: {', '.join(lost)}. Enter their API keys again.")

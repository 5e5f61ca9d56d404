"""Encrypt everything that is kept encrypted again with the first of TUNEDECK_FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from connections.models import Connection
from finetunes.models import Tracker
from notifications.models import Hook
from trainer.models import Endpoint
from work import encryption


class Command(BaseCommand):
    help = (
        "Encrypts the keys of all connections and trackers, and the addresses and secrets of webhooks, again with the "
        "first of TUNEDECK_FIELD_KEYS; afterwards the older ones can go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        kept: list[tuple[Model, str]] = [(connection, "key") for connection in Connection.objects.all()]
        kept += [(hook, field) for hook in Hook.objects.all() for field in ("url", "secret")]
        kept += [(tracker, "key") for tracker in Tracker.objects.all()]
        kept += [(endpoint, "secret") for endpoint in Endpoint.objects.all()]
        lost = [str(row) for row, field in kept if not encryption.renew(row, field)]
        self.stdout.write(f"{len(kept) - len(lost)} keys encrypted again.")
        if lost:
            raise CommandError(
                f"Not readable with any of the keys given: {', '.join(lost)}. "
                "Enter the keys of these connections and trackers again, and make these webhooks anew."
            )

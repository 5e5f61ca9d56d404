"""Encrypt everything that is kept encrypted again with the first of TUNEDECK_FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from connections.models import Connection
from finetunes.models import Tracker
from notifications.models import Hook
from teams import audit, second_step
from trainer.models import Endpoint
from work import encryption


class Command(BaseCommand):
    help = (
        "Encrypts the keys of all connections and trackers, the addresses and secrets of webhooks and the secrets of "
        "second steps again with the first of TUNEDECK_FIELD_KEYS; afterwards the older ones can go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        kept: list[tuple[Model, str]] = [(connection, "key") for connection in Connection.objects.all()]
        kept += [(hook, field) for hook in Hook.objects.all() for field in ("url", "secret")]
        kept += [(tracker, "key") for tracker in Tracker.objects.all()]
        kept += [(endpoint, "secret") for endpoint in Endpoint.objects.all()]
        lost = [str(row) for row, field in kept if not encryption.renew(row, field)]
        steps = list(Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).select_related("user"))
        lost += [f"second step of {one.user}" for one in steps if not second_step.renew(one)]
        audit.by_operator(None, "server.keys-rotated", encrypted=len(kept) + len(steps) - len(lost), lost=len(lost))
        self.stdout.write(f"{len(kept) + len(steps) - len(lost)} keys encrypted again.")
        if lost:
            raise CommandError(
                f"Not readable with any of the keys given: {', '.join(lost)}. "
                "Enter the keys of these connections and trackers again, make these webhooks anew, reset these second steps."
            )

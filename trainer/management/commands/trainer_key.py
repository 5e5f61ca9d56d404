"""`manage.py trainer_key create|list|revoke`: the API keys of the trainer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trainer import keys
from trainer.models import Key, Role


class Command(BaseCommand):
    help = "Create, list and revoke API keys of the trainer. A secret is printed once, when it is made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a key and print its secret")
        create.add_argument("--role", choices=Role.values, default=Role.MEMBER.value)
        create.add_argument("--organization", default=keys.DEFAULT_ORGANIZATION, help="slug, made if it is new")
        create.add_argument("--name", default="", help="what the key is for")
        verbs.add_parser("list", help="show all keys, without their secrets")
        revoke = verbs.add_parser("revoke", help="make a key useless from now on")
        revoke.add_argument("id", type=int, help="the number that `list` shows")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "create":
            self.stdout.write(keys.make(options["role"], options["organization"], options["name"]))
        elif options["verb"] == "list":
            self._list()
        else:
            self._revoke(options["id"])

    def _list(self) -> None:
        for key in Key.objects.select_related("organization").order_by("pk"):
            state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "valid"
            columns = (
                str(key.pk),
                f"…{key.last4}",
                key.role,
                key.organization.slug,
                f"{key.created_at:%Y-%m-%d}",
                state,
                key.name,
            )
            self.stdout.write("\t".join(columns))

    def _revoke(self, pk: int) -> None:
        key = Key.objects.filter(pk=pk).first()
        if key is None:
            raise CommandError(f"There is no key {pk}; `trainer_key list` shows them.")
        keys.revoke(key)
        self.stdout.write(f"Key …{key.last4} is revoked.")

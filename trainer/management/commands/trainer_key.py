"""`manage.py trainer_key create|list|limit|revoke`: the API keys of the trainer."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trainer import keys, limits
from trainer.models import Key, Role

MOST = 2**31 - 1


class Command(BaseCommand):
    help = "Create, list, limit and revoke API keys of the trainer. A secret is printed once, when it is made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a key and print its secret")
        create.add_argument("--role", choices=Role.values, default=Role.MEMBER.value)
        create.add_argument("--organization", default=keys.DEFAULT_ORGANIZATION, help="slug, made if it is new")
        create.add_argument("--name", default="", help="what the key is for")
        verbs.add_parser("list", help="show all keys, without their secrets")
        limit = verbs.add_parser(
            "limit", help="set what a key may ask for in a minute; without options, as the settings say"
        )
        limit.add_argument("id", type=int, help="the number that `list` shows")
        for kind in limits.KINDS:
            limit.add_argument(f"--{kind}", type=_count, help="0: no limit")
        revoke = verbs.add_parser("revoke", help="make a key useless from now on")
        revoke.add_argument("id", type=int, help="the number that `list` shows")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "create":
            self.stdout.write(keys.make(options["role"], options["organization"], options["name"]))
        elif options["verb"] == "list":
            self._list()
        elif options["verb"] == "limit":
            self._limit(options["id"], options["requests"], options["tokens"])
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
                key.organization.public_id,
                f"{key.created_at:%Y-%m-%d}",
                state,
                _limit_of(key),
                key.name,
            )
            self.stdout.write("\t".join(columns))

    def _limit(self, pk: int, requests: int | None, tokens: int | None) -> None:
        key = _find(pk)
        Key.objects.filter(pk=key.pk).update(requests_per_minute=requests, tokens_per_minute=tokens)
        self.stdout.write(f"Key …{key.last4}: {_limit_of(_find(pk))}.")

    def _revoke(self, pk: int) -> None:
        key = _find(pk)
        keys.revoke(key)
        self.stdout.write(f"Key …{key.last4} is revoked.")


def _find(pk: int) -> Key:
    if key := Key.objects.filter(pk=pk).first():
        return key
    raise CommandError(f"There is no key {pk}; `trainer_key list` shows them.")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MOST:
        raise ArgumentTypeError(f"must be a whole number from 0 to {MOST}, not “{text}”")
    return int(text)


def _limit_of(key: Key) -> str:
    found = [f"{standing.limit} {kind} per minute" for kind, standing in limits.standing(key).items()]
    return ", ".join(found) or "no limit"

"""`manage.py trainer_webhook create|list|remove`: who is told when a job of the trainer ends."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trainer import deliver, keys, webhooks
from trainer.models import Endpoint, Organization


class Command(BaseCommand):
    help = "Create, list and remove webhooks of the trainer. A secret is printed once, when its webhook is made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a webhook and print its secret")
        create.add_argument("url", help="where the trainer posts to")
        create.add_argument("--organization", default=keys.DEFAULT_ORGANIZATION, help="slug")
        create.add_argument(
            "--event", action="append", choices=list(webhooks.EVENTS.values()), help="may be repeated; all if left out"
        )
        verbs.add_parser("list", help="show all webhooks and what came of their last message, without their secrets")
        remove = verbs.add_parser("remove", help="tell this address nothing any more")
        remove.add_argument("id", type=int, help="the number that `list` shows")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "create":
            self._create(options["organization"], options["url"], options["event"] or [])
        elif options["verb"] == "list":
            self._list()
        else:
            self._remove(options["id"])

    def _create(self, slug: str, url: str, events: list[str]) -> None:
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise CommandError(f"There is no organization “{slug}”; `trainer_key list` shows those that have a key.")
        try:
            _, secret = webhooks.register(organization, url, events)
        except webhooks.BadAddress as error:
            raise CommandError(str(error)) from None
        self.stdout.write(secret)

    def _list(self) -> None:
        for endpoint in Endpoint.objects.select_related("organization"):
            columns = (
                str(endpoint.pk),
                endpoint.organization.slug,
                endpoint.url,
                ",".join(endpoint.events),
                _story(endpoint),
            )
            self.stdout.write("\t".join(columns))

    def _remove(self, pk: int) -> None:
        endpoint = Endpoint.objects.filter(pk=pk).first()
        if endpoint is None:
            raise CommandError(f"There is no webhook {pk}; `trainer_webhook list` shows them.")
        endpoint.delete()
        self.stdout.write(f"{endpoint.url} is told nothing any more.")


def _story(endpoint: Endpoint) -> str:
    """Say in a few words what became of the last message."""
    last = endpoint.deliveries.last()
    if last is None:
        return f"nothing sent in the last {deliver.KEPT.days} days"
    if last.delivered_at:
        return f"delivered {last.delivered_at:%Y-%m-%d %H:%M}"
    if last.due_at is None:
        return f"given up: {last.said}"
    return f"tried again at {last.due_at:%Y-%m-%d %H:%M}: {last.said}" if last.said else "on its way"

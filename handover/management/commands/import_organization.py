"""Make an organization of an archive that another server wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from handover.check import MOST_BYTES
from handover.unpack import Refused, unpack


class Command(BaseCommand):
    help = "Makes a new organization of an archive. All of it, or nothing if anything is wrong with it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", default="", help="what the organization is called here")
        parser.add_argument("--most-gb", type=int, default=MOST_BYTES >> 30, help="the most it may take, unpacked")

    def handle(self, *args: Any, file: Path, name: str, most_gb: int, **options: Any) -> None:
        try:
            came = unpack(file, most=most_gb << 30, name=name)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{came.organization.name} ({came.organization.slug}) is here.")
        if came.missing:
            self.stdout.write(f"{came.missing} files were gone already when it was packed; the manifest names them.")
        self.stdout.write("Its connections have no keys. Nothing is asked of a provider until an owner has entered them.")
        self.stdout.write("Links that let its people in, each once and for seven days:")
        for email, path in came.links.items():
            self.stdout.write(f"  {email}  {settings.SITE_ADDRESS}{path}")

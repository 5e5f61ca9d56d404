"""`manage.py restore FILE`: bring a backup back into an empty installation, or in place of what is there."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from config.backup.archive import Unusable
from config.backup.bring_back import restore


class Command(BaseCommand):
    help = "Brings a backup back. All of it is verified before anything changes; an older one is brought up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="give up what is in the database and the data folder")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            done = restore(file, replace=replace)
        except Unusable as error:
            raise CommandError(str(error)) from None
        manifest = done.manifest
        self.stdout.write(f"Restored as it was at {manifest.made_at}: {len(manifest.entries)} entries, all as written.")
        if done.doubted:
            self.stdout.write(f"{done.doubted} fine-tunes may have been sent after that: their providers are asked first.")
        for name in done.unreadable:
            self.stdout.write(
                self.style.WARNING(
                    f"The key of the connection {name} cannot be read: set the TUNEDECK_FIELD_KEY that it was stored with."
                )
            )
        self.stdout.write("Now run set_up and start the processes.")

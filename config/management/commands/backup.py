"""`manage.py backup FILE`: everything as one archive, while everything runs."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management import BaseCommand, CommandError

from config.backup.archive import Unusable
from config.backup.make import Made, make


class Command(BaseCommand):
    help = "Writes the database and all files into one archive (- is the standard output). Nothing needs to be stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", help="where to; compressed if it ends with .gz")
        parser.add_argument(
            "--with-keys", action="store_true", help="the key files too: whoever has the archive can then read everything"
        )

    def handle(self, *args: Any, file: str, with_keys: bool, **options: Any) -> None:
        try:
            made = make(file, with_keys=with_keys)
        except (Unusable, OSError) as error:
            raise CommandError(f"No backup was made. {error}") from None
        self.stderr.write(f"{made.entries} entries, {made.bytes:,} bytes, each with its SHA-256: {file}")
        self._warn(made, with_keys)

    def _warn(self, made: Made, with_keys: bool) -> None:
        for name in made.missing:
            self.stderr.write(self.style.WARNING(f"The database names {name}, and there is no such file."))
        if made.keys:
            self.stderr.write(
                self.style.WARNING(
                    f"THIS BACKUP HOLDS THE KEYS ({', '.join(made.keys)}). Whoever has it can read every stored secret."
                )
            )
        elif with_keys:
            self.stderr.write(self.style.WARNING("It holds no keys: they come from the environment. Keep them yourself."))
        else:
            self.stderr.write(
                "It holds no keys. Keep TUNEDECK_FIELD_KEY elsewhere: without it nobody can read the stored keys again."
            )

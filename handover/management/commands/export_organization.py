"""Write an organization into one file, for another server or a shelf."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handover.pack import Changed, pack
from teams import audit
from teams.models import Organization


class Command(BaseCommand):
    help = "Writes everything of an organization but keys, passwords and sessions into one archive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organization's short name; an unknown one lists those there are")
        parser.add_argument("file", type=Path)
        parser.add_argument("--without-history", action="store_true", help="leave out what people asked in the playground")

    def handle(self, *args: Any, slug: str, file: Path, without_history: bool, **options: Any) -> None:
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            known = ", ".join(Organization.objects.order_by("slug").values_list("slug", flat=True)[:50])
            raise CommandError(f"There is no organization “{slug}”. There are: {known or 'none'}.")
        if file.exists():
            raise CommandError(f"{file} exists already. Name another file, or remove it.")
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        audit.note(organization, "organization.exported", organization, history=not without_history)
        try:
            descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w+b") as out:
                manifest = pack(organization, out, history=not without_history, tell=self._tell)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
        except Changed as error:
            raise CommandError(
                f"The stored file {error} was changed or removed while it was packed. Run this again."
            ) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror or error}.") from None
        finally:
            draft.unlink(missing_ok=True)
        rows = sum(table["rows"] for table in manifest["tables"])
        self.stdout.write(f"{file}: {rows} rows, {len(manifest['files'])} files.")
        for gone in manifest["missing"]:
            self.stdout.write(f"Not there any more: {gone['table']} {gone['id']}, {gone['file']}.")

    def _tell(self, done: int, whole: int) -> None:
        if sys.stdout.isatty() and whole:
            self.stdout.write(f"\r{done * 100 // whole} %", ending="" if done < whole else "\r")

"""`manage.py set_up`: what `run` does before it starts the processes, for deployments that start them on their own."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand

from config.first_start import up_to_date


class Command(BaseCommand):
    help = "Migrate, collect the pages' files, and make the first owner, the trainer's connection and the sample."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Ready. Open {up_to_date()}")

"""Prepare a file on the command line, as the old tool of the SDK did."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand

from datasets.offline.command import add_arguments, run


class Command(BaseCommand):
    """What `manage.py help` and call_command know; typed on the command line, manage.py takes a shorter way."""

    help = "Prepare a spreadsheet or a file of examples for a fine-tune."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if code := run(argparse.Namespace(**options)):
            sys.exit(code)

#!/usr/bin/env python3
"""Django's command line, with a plain sentence in place of a traceback when the surroundings are at fault."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    if sys.argv[1:2] == ["prepare"]:
        sys.exit(_prepare(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from config.env import ConfigurationError

    try:
        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        sys.exit(f"Tunedeck cannot start: {error}")


def _prepare(arguments: list[str]) -> int:
    """Needs no database and no settings, and is done before these would be there."""
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(Path(__file__).resolve().parent / "encodings"))
    from datasets.offline.command import main as prepare

    return prepare(arguments)


if __name__ == "__main__":
    main()

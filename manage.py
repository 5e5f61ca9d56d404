#!/usr/bin/env python3
"""Django's command line, with a plain sentence in place of a traceback when the surroundings are at fault."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from config.env import ConfigurationError

    try:
        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        sys.exit(f"Tunedeck cannot start: {error}")


if __name__ == "__main__":
    main()

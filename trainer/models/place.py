"""Where the trainer keeps what is too large for the database."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def folder() -> Path:
    return Path(settings.DATA) / "trainer"

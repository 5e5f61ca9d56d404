"""The disk of the data folder: how much is free, and what takes the room."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from config.doctor.findings import Finding, bad, good, size, warning

LITTLE, HARDLY_ANY = 0.15, 0.05
PATIENCE = 2.0
"""Seconds to add sizes up; with millions of files it is told how far that came."""


def look() -> Iterator[Finding]:
    usage = shutil.disk_usage(settings.DATA)
    share = usage.free / usage.total
    said = f"{size(usage.free)} of {size(usage.total)} are free ({share:.0%}). {_largest(settings.DATA)}"
    if share < HARDLY_ANY:
        yield bad(said, "Make room now: when the disk is full, nothing can be kept any more.")
    elif share < LITTLE:
        yield warning(said, "Make room soon, or set how long uploads and answers are kept.")
    else:
        yield good(said)
    if shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free < settings.UPLOAD_MAX_BYTES:
        yield warning("The largest upload that is allowed would not fit.", "Make room, or lower TUNEDECK_UPLOAD_MAX_MB.")


def _largest(folder: Path) -> str:
    """Say what takes most: the parts of the data folder with their sizes."""
    end = time.monotonic() + PATIENCE
    sizes = {path.name: _size(path, end) for path in folder.iterdir()}
    most = sorted(((number, name) for name, number in sizes.items() if number), reverse=True)[:3]
    at_least = "at least " if time.monotonic() > end else ""
    return (
        "Most is taken by " + ", ".join(f"{name} ({at_least}{size(number)})" for number, name in most) + "." if most else ""
    )


def _size(path: Path, end: float) -> int:
    if not path.is_dir():
        return path.stat().st_size if path.exists() else 0
    total = 0
    for place, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 (quicker, for very many)
            except OSError:
                continue
        if time.monotonic() > end:
            break
    return total

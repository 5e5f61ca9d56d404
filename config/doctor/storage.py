"""Where files lie, on disk or on S3: a probe is written, read and deleted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from config.doctor.findings import Finding, bad, good


def look() -> Iterator[Finding]:
    content = secrets.token_bytes(1024)
    place = default_storage.__class__.__name__  # of what stands behind it
    step = "written"
    try:
        name = default_storage.save(f"doctor-{secrets.token_hex(8)}", ContentFile(content))
        step = "read"
        with default_storage.open(name) as file:
            same = file.read() == content
        step = "deleted"
        default_storage.delete(name)
    except Exception as error:  # each kind of storage has errors of its own
        advice = "See that the place is there, has room, and may be written by the user that Tunedeck runs as."
        yield bad(f"A probe could not be {step} ({type(error).__name__}).", advice)
        return
    if not same:
        yield bad("A probe came back changed.", "Look after the disk; restore a backup to another one.")
    else:
        yield good(f"A probe was written, read and deleted ({place}).")

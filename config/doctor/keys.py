"""The keys: are they strong, are their files nobody else's, and do they read everything that is kept encrypted."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings

from config.doctor.findings import Finding, bad, good, warning
from work.encryption import EncryptedField, Undecipherable, decrypt

SHORTEST = 32


def look() -> Iterator[Finding]:
    yield from _strong()
    yield from _private()
    yield from _readable()


def _strong() -> Iterator[Finding]:
    keys = {"TUNEDECK_SECRET_KEY": [settings.SECRET_KEY], "TUNEDECK_FIELD_KEY": settings.FIELD_KEYS}
    for name, values in keys.items():
        if any(len(value) < SHORTEST or len(set(value)) < 8 for value in values):
            advice = (
                "Make one with `python -c 'import secrets; print(secrets.token_urlsafe(48))'`; docs/operate.md says how."
            )
            yield warning(f"{name} is easy to guess.", advice)


def _private() -> Iterator[Finding]:
    for path in sorted(settings.DATA.glob("*.key")):
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield warning(f"Others on this machine can read {path}.", f"Run `chmod 600 {path}`.")


def _readable() -> Iterator[Finding]:
    """Decrypt everything that is kept encrypted, and show nothing of it."""
    number, lost = 0, []
    for model in apps.get_models():
        for field in (field.attname for field in model._meta.concrete_fields if isinstance(field, EncryptedField)):
            for pk, token in model._base_manager.exclude(**{field: ""}).values_list("pk", field):
                number += 1
                if not _can_read(token):
                    lost.append(f"{model._meta.verbose_name} {pk}")
    if lost:
        yield bad(
            f"{len(lost)} of {number} stored keys cannot be read: {', '.join(lost[:5])}{' …' if len(lost) > 5 else ''}.",
            "They were encrypted with another TUNEDECK_FIELD_KEY: add it to TUNEDECK_FIELD_KEYS, or enter these keys again.",
        )
    else:
        yield good(f"All {number} stored keys can be read." if number else "No keys are stored yet.")


def _can_read(token: str) -> bool:
    try:
        decrypt(token)
    except Undecipherable:
        return False
    return True

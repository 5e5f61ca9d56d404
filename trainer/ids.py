"""Names that the API hands out."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from datetime import UTC, datetime

ALPHABET = string.ascii_letters + string.digits


def new(prefix: str, length: int = 24) -> str:
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))


def derived(prefix: str, *parts: str, length: int = 24) -> str:
    """Return an id that the same parts always get, so that work done again does not make a second thing."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest())
    return prefix + "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(length))


def secret() -> str:
    return new("sk-", 48)


def organization() -> str:
    return new("org-")


def file() -> str:
    return new("file-")


def legacy_job() -> str:
    return new("ft-")


def job() -> str:
    return new("ftjob-")


def event() -> str:
    return new("ftevent-")


def checkpoint() -> str:
    return new("ftckpt_")


def permission() -> str:
    return new("cp_")


def upload() -> str:
    return new("upload_")


def part() -> str:
    return new("part_")


def webhook() -> str:
    return new("wh_")


def slug(text: str, allowed: str = "") -> str:
    """Return `text` in lower case, every run of anything but letters, digits and `allowed` a single dash."""
    return re.sub(rf"[^a-z0-9{re.escape(allowed)}]+", "-", text.lower()).strip("-")


def legacy_model(base: str, organization_slug: str, suffix: str | None, at: datetime) -> str:
    """Return for example `ada:ft-acme:tickets-2023-01-29-13-51-40`; the time is UTC."""
    owner = f"{base}:ft-{organization_slug}"
    cleaned = slug(suffix or "")
    return f"{owner}:{cleaned}-{_moment(at)}" if cleaned else f"{owner}-{_moment(at)}"


def model(base: str, organization_slug: str, suffix: str | None) -> str:
    """Return for example `ft:babbage-002:acme:tickets:9x9umpsr`; without a suffix two colons meet."""
    return f"ft:{base}:{organization_slug}:{slug(suffix or '', '_')}:{new('', 8)}"


def model_at_step(name: str, step: int) -> str:
    return f"{name}:ckpt-step-{step}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d-%H-%M-%S")

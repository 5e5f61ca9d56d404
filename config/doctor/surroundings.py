"""Settings that fight each other, or that are not for a server that others reach."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from config.doctor.findings import Finding, bad, good, warning

LOCAL = {"127.0.0.1", "localhost", "::1"}


def look() -> Iterator[Finding]:
    found = [*_address(), *_processes()]
    yield from found or [good("The settings agree with each other.")]


def _address() -> Iterator[Finding]:
    host = urlsplit(settings.SITE_ADDRESS).hostname or ""
    shared = host not in LOCAL
    behind = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    if settings.DEBUG:
        yield bad("TUNEDECK_DEBUG is on: whoever makes a page fail reads settings and code.", "Set TUNEDECK_DEBUG=0.")
    if shared and not _allowed(host):
        yield bad(f"People type {host}, which is refused.", f"Add {host} to TUNEDECK_ALLOWED_HOSTS.")
    if "*" in settings.ALLOWED_HOSTS and shared:
        yield warning("Any host name is answered.", "Name those that people type in TUNEDECK_ALLOWED_HOSTS.")
    if settings.HTTPS and not behind:
        yield warning(
            "The address begins with https://, but no proxy is trusted to say so: forms are refused, or redirects go round.",
            "Set TUNEDECK_BEHIND_PROXY=1 if the proxy sets X-Forwarded-Proto.",
        )
    if settings.SECURE_SSL_REDIRECT and not settings.HTTPS:
        yield bad("Requests are sent on to https, but TUNEDECK_ADDRESS is http://.", "Set TUNEDECK_ADDRESS to https://…")
    if behind and not settings.HTTPS:
        yield warning("A proxy is trusted, but TUNEDECK_ADDRESS is http://.", "Set TUNEDECK_ADDRESS to what people type.")
    if shared and not settings.HTTPS:
        yield warning(f"{settings.SITE_ADDRESS} is not encrypted: passwords can be read on the way.", "Put TLS in front.")


def _allowed(host: str) -> bool:
    names = settings.ALLOWED_HOSTS
    return any(name in {"*", host} or (name.startswith(".") and f".{host}".endswith(name)) for name in names)


def _processes() -> Iterator[Finding]:
    on_files = settings.CELERY_BROKER_URL.startswith("files:")
    on_sqlite = connection.vendor == "sqlite"
    if on_files and not on_sqlite:
        yield warning(
            "The database is a server, the broker is a folder: all workers must be on this machine.",
            "Set CELERY_BROKER_URL to Redis or RabbitMQ to have workers on others.",
        )
    if on_sqlite and not on_files:
        yield warning(
            "The broker is a server, the database is a file: all processes must be on this machine.",
            "Set DATABASE_URL to PostgreSQL to have processes on others.",
        )

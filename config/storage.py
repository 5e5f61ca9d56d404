"""Where uploaded and prepared files lie: in a folder, or in a bucket that speaks S3."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config import env


def storages(data: Path) -> dict[str, dict[str, Any]]:
    """Return Django's STORAGES."""
    return {"default": _files(data), "staticfiles": {"BACKEND": "config.statics.Statics"}}


def _files(data: Path) -> dict[str, Any]:
    place = env.text("TUNEDECK_STORAGE")
    if not place:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"file_permissions_mode": 0o600},  # below MEDIA_ROOT
        }
    parts = urlsplit(place)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.username:
        raise env.ConfigurationError(f"TUNEDECK_STORAGE must be like s3://bucket/prefix, not “{place}”.")
    return {"BACKEND": "work.bucket.Bucket", "OPTIONS": _bucket(data, parts.netloc, parts.path.strip("/"))}


def _bucket(data: Path, bucket: str, prefix: str) -> dict[str, Any]:
    """Without keys the client looks where Amazon's own tools do: the machine's role, or its standard variables."""
    key, secret = env.text("TUNEDECK_S3_KEY"), env.text("TUNEDECK_S3_SECRET")
    if bool(key) != bool(secret):
        raise env.ConfigurationError("TUNEDECK_S3_KEY and TUNEDECK_S3_SECRET belong together: set both, or neither.")
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "location": prefix,
        "cache_folder": str(data / "storage-cache"),
        "cache_bytes": env.number("TUNEDECK_STORAGE_CACHE_MB", 10_240, least=1) * 2**20,
    }
    optional = {
        "endpoint_url": env.text("TUNEDECK_S3_ENDPOINT"),
        "region_name": env.text("TUNEDECK_S3_REGION"),
        "access_key": key,
        "secret_key": secret,
    }
    return options | {name: value for name, value in optional.items() if value}

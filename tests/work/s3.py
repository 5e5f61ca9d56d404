"""A server that speaks S3, in a thread of its own, and a bucket on it as the storage of files."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.test import override_settings
from moto.server import ThreadedMotoServer

from work.bucket import Bucket

KEY, SECRET, REGION = "key-for-tests", "secret-for-tests", "eu-central-1"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of the server, which is started once for a module."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def options(address: str, bucket: str, folder: Path) -> dict[str, Any]:
    return {
        "bucket_name": bucket,
        "location": "prefix",
        "endpoint_url": address,
        "region_name": REGION,
        "access_key": KEY,
        "secret_key": SECRET,
        "cache_folder": str(folder / "cache"),
        "cache_bytes": 2**20,
    }


@contextmanager
def in_bucket(address: str, folder: Path, **changes: Any) -> Iterator[Bucket]:
    """Make a new bucket the storage of files."""
    name = f"tests-{uuid.uuid4().hex[:12]}"
    client = boto3.client(
        "s3", endpoint_url=address, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.close()
    place = {"BACKEND": "work.bucket.Bucket", "OPTIONS": options(address, name, folder) | changes}
    with override_settings(STORAGES={**settings.STORAGES, "default": place}):
        yield cast(Bucket, storages["default"])

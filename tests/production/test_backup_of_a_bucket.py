"""Files that lie in S3 are in the backup, too: bucket and data folder destroyed, restored, every hash is the same."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.product import PLAIN, ROOT, Product
from tests.production.test_backup import manage
from tests.tables import DATABASE, tables
from tests.work.s3 import KEY, REGION, SECRET, s3

__all__ = ["s3"]
pytestmark = [pytest.mark.live, pytest.mark.xdist_group("backup"), pytest.mark.timeout(300)]

BUCKET, PREFIX = "files-of-tunedeck", "tunedeck"
MAKE = """
import django
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from datasets.models import Dataset, Version
from teams.models import Organization
organization = Organization.objects.create(name="Example", slug="example")
for number in range(3):
    rows = ContentFile(b"prompt,completion\\n" * (number * 9000 + 1))
    source = default_storage.save(f"datasets/{number}/source.csv", rows)
    dataset = Dataset.objects.create(
        organization=organization, name=f"Set {number}", filename="source.csv", size=1, sha256="0" * 64, source=source
    )
    kept = default_storage.save(f"datasets/{number}/training.jsonl", ContentFile(bytes(range(256)) * number))
    Version.objects.create(dataset=dataset, number=1, training=kept, training_sha256="0" * 64, training_rows=1)
"""


class Bucket:
    """The bucket as its provider shows it, whatever Tunedeck says of it."""

    def __init__(self, address: str) -> None:
        self.client = boto3.client(
            "s3", endpoint_url=address, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=SECRET
        )
        self.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def hashes(self) -> dict[str, str]:
        listed: list[dict[str, Any]] = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        found = {one["Key"]: self.client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}
        return {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}

    def destroy(self) -> None:
        for name in self.hashes():
            self.client.delete_object(Bucket=BUCKET, Key=name)


def test_what_lies_in_a_bucket_is_backed_up_and_comes_back_as_it_was(s3: str, tmp_path: Path) -> None:
    data, archive, bucket = tmp_path / "data", tmp_path / "backup.tar.gz", Bucket(s3)
    data.mkdir()
    shutil.copy(tables(), data / DATABASE)
    place = {"TUNEDECK_STORAGE": f"s3://{BUCKET}/{PREFIX}", "TUNEDECK_S3_ENDPOINT": s3, "TUNEDECK_S3_REGION": REGION}
    place |= {"TUNEDECK_S3_KEY": KEY, "TUNEDECK_S3_SECRET": SECRET, "TUNEDECK_SAMPLE": "0"}
    product = Product(data, settings=PLAIN | place)
    environment = {**product.environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "-c", MAKE], cwd=ROOT, env=environment, check=True)
    before = bucket.hashes()
    assert len(before) == 6

    assert "missing" not in manage(product, "backup", str(archive), "--with-keys")
    assert "there are files in the storage" in manage(product, "restore", str(archive), ok=False)
    shutil.rmtree(data)
    data.mkdir()
    bucket.destroy()
    assert bucket.hashes() == {}

    assert "all as written" in manage(product, "restore", str(archive))
    assert bucket.hashes() == before
    bucket.client.delete_object(Bucket=BUCKET, Key=f"{PREFIX}/datasets/0/source.csv")
    assert "all as written" in manage(product, "restore", str(archive), "--replace")
    assert bucket.hashes() == before

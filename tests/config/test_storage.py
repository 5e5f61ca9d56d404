"""Where files lie is read from the environment, and a wrong value stops the start with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.env import ConfigurationError
from config.storage import storages


def test_without_a_setting_they_lie_in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TUNEDECK_STORAGE", raising=False)
    assert storages(tmp_path)["default"]["BACKEND"].endswith("FileSystemStorage")


def test_a_bucket_with_its_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("TUNEDECK_STORAGE", "s3://bucket/some/prefix/")
    monkeypatch.setenv("TUNEDECK_S3_KEY", "key")
    monkeypatch.setenv("TUNEDECK_S3_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("TUNEDECK_S3_ENDPOINT", "http://minio:9000")
    made = storages(tmp_path)["default"]
    assert made["BACKEND"] == "work.bucket.Bucket"
    assert made["OPTIONS"] == {
        "bucket_name": "bucket",
        "location": "some/prefix",
        "cache_folder": str(tmp_path / "storage-cache"),
        "cache_bytes": 10_240 * 2**20,
        "endpoint_url": "http://minio:9000",
        "access_key": "key",
        "secret_key": "s3cret",
    }


@pytest.mark.parametrize("place", ["/a/folder", "s3://", "https://bucket/x", "s3://bucket?x=1", "s3://key@bucket"])
def test_what_is_no_bucket(place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUNEDECK_STORAGE", place)
    with pytest.raises(ConfigurationError, match="must be like s3://bucket/prefix"):
        storages(tmp_path)


def test_half_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUNEDECK_STORAGE", "s3://bucket")
    monkeypatch.setenv("TUNEDECK_S3_KEY", "key")
    with pytest.raises(ConfigurationError, match="belong together"):
        storages(tmp_path)

"""Files in a bucket, on a server that speaks S3 over HTTP; and what is said of one that does not."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings

from tests.work.s3 import in_bucket, options, s3
from work.bucket import Bucket
from work.storage import StorageAway, is_far

__all__ = ["s3"]


@pytest.fixture
def bucket(s3: str, tmp_path: Path) -> Iterator[Bucket]:
    with in_bucket(s3, tmp_path) as made:
        yield made


def cached(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "cache"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_what_is_saved_is_read_as_a_plain_file(bucket: Bucket) -> None:
    name = default_storage.save("datasets/a/rows.jsonl", ContentFile(b"one\ntwo\n"))
    with default_storage.open(name, "rb") as file:
        plain: Any = file.file
        assert plain.readline() == b"one\n"
        plain.seek(4)
        assert file.read() == b"two\n"
    assert is_far()
    assert default_storage.size(name) == 8


def test_a_second_save_takes_another_name(bucket: Bucket) -> None:
    first = default_storage.save("a/x", ContentFile(b"1"))
    second = default_storage.save("a/x", ContentFile(b"2"))
    assert first != second
    assert default_storage.open(first).read() == b"1"


def test_a_folder_lists_its_files_and_an_unknown_one_none(bucket: Bucket) -> None:
    default_storage.save("a/x", ContentFile(b"1"))
    default_storage.save("a/b/y", ContentFile(b"1"))
    assert default_storage.listdir("a") == (["b"], ["x"])
    assert default_storage.listdir("nowhere") == ([], [])


def test_what_is_gone_is_gone_here_too(bucket: Bucket) -> None:
    name = default_storage.save("a/x", ContentFile(b"1"))
    assert default_storage.open(name).read() == b"1"
    default_storage.delete(name)
    default_storage.delete(name)
    assert not default_storage.exists(name)
    with pytest.raises(FileNotFoundError):
        default_storage.open(name)
    with pytest.raises(FileNotFoundError):
        default_storage.size(name)


def test_it_is_fetched_once_for_each_content(bucket: Bucket, tmp_path: Path) -> None:
    for content in (b"old", b"new"):
        default_storage.delete("a/x")
        default_storage.save("a/x", ContentFile(content))
        assert [default_storage.open("a/x").read() for _ in range(2)] == [content] * 2
    assert sorted(path.read_bytes() for path in cached(tmp_path)) == [b"new", b"old"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in cached(tmp_path))


def test_what_was_not_read_for_longest_makes_room(s3: str, tmp_path: Path) -> None:
    with in_bucket(s3, tmp_path, cache_bytes=25):
        for name in "abc":
            default_storage.save(name, ContentFile(name.encode() * 10))
            default_storage.open(name).close()
        assert sorted(path.read_bytes()[:1] for path in cached(tmp_path)) == [b"b", b"c"]
        assert default_storage.open("a").read() == b"a" * 10


def test_one_that_is_larger_than_all_room_is_read_all_the_same(s3: str, tmp_path: Path) -> None:
    with in_bucket(s3, tmp_path, cache_bytes=5):
        default_storage.save("a", ContentFile(b"0123456789"))
        assert default_storage.open("a").read() == b"0123456789"


def test_names_cannot_lead_out_of_the_prefix(bucket: Bucket) -> None:
    from django.core.exceptions import SuspiciousOperation

    with pytest.raises(SuspiciousOperation):
        default_storage.open("../other/secret")


class Broken(BaseHTTPRequestHandler):
    status = 500
    wait = threading.Event()

    def _answer(self) -> None:
        if self.status == 0:
            self.wait.wait(30)
            return
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = _answer

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[type[Broken]]:
    kind: Any = type("Kind", (Broken,), {"wait": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    place = options(f"http://127.0.0.1:{server.server_port}", "b", tmp_path) | {"patience": 0.3, "attempts": 1}
    try:
        with override_settings(STORAGES={"default": {"BACKEND": "work.bucket.Bucket", "OPTIONS": place}}):
            yield kind
    finally:
        kind.wait.set()
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "words"), [(403, "TUNEDECK_STORAGE"), (500, "of its own"), (503, "of its own"), (0, "does not answer")]
)
def test_a_bucket_in_trouble_is_said_in_a_sentence(status: int, words: str, broken: type[Broken]) -> None:
    broken.status = status
    name = f"a/{uuid.uuid4().hex}"
    for ask in (
        lambda: default_storage.save(name, ContentFile(b"x")),
        lambda: default_storage.open(name),
        lambda: default_storage.exists(name),
        lambda: default_storage.size(name),
        lambda: default_storage.listdir("a"),
    ):
        with pytest.raises(StorageAway, match=words):
            ask()


def test_one_that_nobody_listens_at(tmp_path: Path) -> None:
    place = options("http://127.0.0.1:9", "b", tmp_path) | {"attempts": 1}
    with pytest.raises(StorageAway, match="does not answer"):
        Bucket(**place).exists("a")

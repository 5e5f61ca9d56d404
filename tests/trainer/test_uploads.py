from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.trainer.conftest import JSON, Caller, current, pairs, work
from trainer import uploads
from trainer.models import File, Part, Upload

pytestmark = pytest.mark.django_db

CONTENT = b"".join(json.dumps(line).encode() + b"\n" for line in pairs())


def created(owner: Caller, **changes: Any) -> JSON:
    body = {"filename": "train.jsonl", "purpose": "fine-tune", "bytes": len(CONTENT), "mime_type": "text/jsonl"}
    return owner.post("uploads", {**body, **changes})


def sent(caller: Caller, upload_id: str, content: bytes, status: int = 200) -> JSON:
    form = {"data": SimpleUploadedFile("part", content)}
    response = caller.client.post(f"/v1/uploads/{upload_id}/parts", form)
    assert response.status_code == status, response.content
    answer: JSON = response.json()
    return answer


def in_parts(owner: Caller, upload_id: str, *cuts: int) -> list[str]:
    """Send the content cut at some places, the last part first; return the ids in the order of the content."""
    edges = [0, *cuts, len(CONTENT)]
    pieces = [CONTENT[start:end] for start, end in pairwise(edges)]
    return [sent(owner, upload_id, piece)["id"] for piece in reversed(pieces)][::-1]


def test_parts_make_a_file_that_can_be_trained_on(owner: Caller) -> None:
    upload = created(owner)
    assert (upload["object"], upload["status"], upload["file"]) == ("upload", "pending", None)
    assert upload["expires_at"] - upload["created_at"] == 3600
    parts = in_parts(owner, upload["id"], 100, 333)

    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    done = owner.post(f"uploads/{upload['id']}/complete", {"part_ids": parts, "md5": md5})

    assert done["status"] == "completed"
    assert done["file"]["bytes"] == done["bytes"] == len(CONTENT)
    assert done["file"]["filename"] == "train.jsonl"
    assert owner.content(done["file"]["id"]) == CONTENT
    job = owner.post("fine_tuning/jobs", {"training_file": done["file"]["id"], "model": "babbage-002"})
    assert work(job["id"]).status == "succeeded"


def test_a_part_tells_its_upload(owner: Caller) -> None:
    upload = created(owner)["id"]
    part = sent(owner, upload, b"x")
    assert set(part) == {"id", "object", "created_at", "upload_id"}
    assert (part["object"], part["upload_id"]) == ("upload.part", upload)


def test_a_completed_upload_leaves_no_parts_behind(owner: Caller) -> None:
    upload = created(owner)["id"]
    owner.post(f"uploads/{upload}/complete", {"part_ids": in_parts(owner, upload)})
    assert not Upload.objects.get().path.exists()


def test_the_life_of_the_file_begins_when_it_is_made(owner: Caller) -> None:
    upload = created(owner, expires_after={"anchor": "created_at", "seconds": 7200})["id"]
    file = owner.post(f"uploads/{upload}/complete", {"part_ids": in_parts(owner, upload)})["file"]
    assert file["expires_at"] - file["created_at"] in (7199, 7200, 7201)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda parts: parts[:1], "The parts have 100 bytes"),
        (lambda parts: [*parts, "part_unknown"], "has no part part_unknown"),
        (lambda parts: [*parts, ""], "has no part"),
        (lambda parts: [parts[0], parts[0]], "named twice"),
    ],
)
def test_parts_that_are_not_the_file_are_refused(owner: Caller, change: Any, said: str) -> None:
    upload = created(owner)["id"]
    parts = in_parts(owner, upload, 100)
    error = owner.refused(f"uploads/{upload}/complete", {"part_ids": change(parts)})
    assert said in error["message"]
    assert owner.post(f"uploads/{upload}/complete", {"part_ids": parts})["status"] == "completed"


def test_a_wrong_checksum_makes_no_file(owner: Caller) -> None:
    upload = created(owner)["id"]
    body = {"part_ids": in_parts(owner, upload), "md5": "0" * 32}
    assert "MD5" in owner.refused(f"uploads/{upload}/complete", body)["message"]
    assert not File.objects.exists()


def test_a_file_that_cannot_be_trained_on_is_refused_as_any_other(owner: Caller) -> None:
    upload = created(owner, bytes=5)["id"]
    part = sent(owner, upload, b"hello")["id"]
    assert owner.refused(f"uploads/{upload}/complete", {"part_ids": [part]})["code"] == "invalid_file_format"


def test_a_cancelled_upload_takes_nothing_more(owner: Caller) -> None:
    upload = created(owner)["id"]
    part = sent(owner, upload, CONTENT)["id"]
    assert owner.post(f"uploads/{upload}/cancel")["status"] == "cancelled"
    assert not Upload.objects.get().path.exists()
    assert sent(owner, upload, b"x", 400)["error"]["code"] == "upload_not_pending"
    assert "cancelled" in owner.refused(f"uploads/{upload}/complete", {"part_ids": [part]})["message"]
    owner.refused(f"uploads/{upload}/cancel")


def test_after_an_hour_an_upload_is_expired_and_swept_away(owner: Caller) -> None:
    upload = created(owner)["id"]
    part = sent(owner, upload, CONTENT)["id"]
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "expired" in owner.refused(f"uploads/{upload}/complete", {"part_ids": [part]})["message"]
    uploads.sweep(10)
    assert Upload.objects.get().status == "expired"
    assert not Part.objects.get().path.exists()


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"purpose": "other"}, "purpose"),
        ({"bytes": 0}, "bytes"),
        ({"bytes": 8 * 2**30 + 1}, "bytes"),
        ({"bytes": "5"}, "bytes"),
        ({"filename": None}, "filename"),
        ({"mime_type": ""}, "mime_type"),
        ({"expires_after": {"anchor": "now", "seconds": 3600}}, "expires_after.anchor"),
        ({"expires_after": {"anchor": "created_at", "seconds": 1}}, "expires_after.seconds"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_parameter_is_named(owner: Caller, body: JSON, param: str) -> None:
    good = {"filename": "train.jsonl", "purpose": "fine-tune", "bytes": 10, "mime_type": "text/jsonl"}
    assert owner.refused("uploads", {**good, **body})["param"] == param


def test_a_part_without_data_is_refused(owner: Caller) -> None:
    upload = created(owner)["id"]
    assert owner.client.post(f"/v1/uploads/{upload}/parts", {}).json()["error"]["param"] == "data"


def test_a_part_that_is_too_large_is_refused(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_PART_BYTES", 4)
    assert "A part may have at most" in sent(owner, created(owner)["id"], b"12345", 413)["error"]["message"]
    assert not Part.objects.exists()


def test_uploads_of_others_are_not_there(owner: Caller, outsider: Caller) -> None:
    upload = created(owner)["id"]
    sent(outsider, upload, b"x", 404)
    outsider.post(f"uploads/{upload}/complete", {"part_ids": ["x"]}, 404)
    assert outsider.post(f"uploads/{upload}/cancel", None, 404)["error"]["param"] == "upload_id"


class TestQuota:
    def test_what_has_no_room_is_refused_in_the_originals_words(self, owner: Caller, settings: Settings) -> None:
        settings.TRAINER_STORAGE_BYTES = 2**20
        big = [{"prompt": "x" * 2**19, "completion": " y"}]
        first = owner.upload(big)
        error = owner.upload(big, 400)["error"]
        assert error == {
            "message": "You have exceeded your file storage quota. Organizations are limited to 1 MB of files. "
            "Please delete old files or attempt with a smaller file size.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
        assert File.objects.count() == 1
        owner.delete(f"files/{first['id']}")
        owner.upload(big)

    def test_an_upload_is_refused_before_its_parts_are_sent(self, owner: Caller, settings: Settings) -> None:
        settings.TRAINER_STORAGE_BYTES = 2**30
        body = {"filename": "a", "purpose": "fine-tune", "bytes": 2**30 + 1, "mime_type": "text/jsonl"}
        assert "limited to 1 GB" in owner.refused("uploads", body)["message"]

    def test_the_room_of_one_organization_is_not_that_of_another(
        self, owner: Caller, outsider: Caller, settings: Settings
    ) -> None:
        settings.TRAINER_STORAGE_BYTES = len(CONTENT)
        owner.upload(CONTENT)
        owner.upload(CONTENT, 400)
        current(outsider)

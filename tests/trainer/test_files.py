from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.trainer.conftest import Caller, chats, legacy, pairs, work
from trainer import tasks, upload
from trainer.models import File

pytestmark = pytest.mark.django_db

LINES = b'{"prompt": "a", "completion": " b"}\n'


class TestUpload:
    def test_a_training_file_is_kept_as_it_came(self, owner: Caller) -> None:
        file = owner.upload(LINES)
        assert file["object"] == "file"
        assert (file["bytes"], file["purpose"], file["status"], file["status_details"]) == (
            len(LINES),
            "fine-tune",
            "processed",
            None,
        )
        assert owner.content(file["id"]) == LINES
        assert File.objects.get().sha256 == hashlib.sha256(LINES).hexdigest()

    def test_a_path_as_file_name_is_cut_to_its_last_part(self, owner: Caller) -> None:
        boundary, content = "limit", LINES.decode()
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="/home/me/data/train.jsonl"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n{content}\r\n--{boundary}--\r\n"
        )
        response = owner.client.post("/v1/files", body.encode(), content_type=f"multipart/form-data; boundary={boundary}")
        assert response.status_code == 200
        assert response.json()["filename"] == "train.jsonl"

    def test_chats_and_pairs_are_told_apart(self, owner: Caller) -> None:
        owner.upload(pairs(3))
        owner.upload(chats(4))
        assert list(File.objects.values_list("format", "examples")) == [("prompt-completion", 3), ("chat", 4)]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "The file is empty"),
            (b"prompt,completion\na,b\n", "Line 1 is not a dictionary"),
            (LINES + b'["a"]\n', "Line 2 is not a dictionary"),
            (LINES + b'{"prompt": "a"}\n', 'Missing "completion" key on line 2'),
        ],
    )
    def test_a_file_that_cannot_be_learned_from_is_refused_with_its_line(
        self, owner: Caller, content: bytes, said: str
    ) -> None:
        error = owner.upload(content, 400)["error"]
        assert said in error["message"]
        assert (error["type"], error["param"]) == ("invalid_request_error", "file")
        assert not File.objects.exists()

    def test_a_refused_file_leaves_nothing_behind(self, owner: Caller) -> None:
        owner.upload(b"nonsense", 400)
        assert list((File().path.parent).iterdir()) == []

    def test_files_of_other_purposes_are_not_read_as_examples(self, owner: Caller) -> None:
        assert owner.upload(b"anything", form={"purpose": "user_data"})["purpose"] == "user_data"

    def test_an_unknown_purpose_is_refused(self, owner: Caller) -> None:
        error = owner.upload(LINES, 400, form={"purpose": "search"})["error"]
        assert error["message"].startswith("'search' is not one of ['fine-tune'")
        assert error["param"] == "purpose"

    @pytest.mark.parametrize(("form", "param"), [({}, "purpose"), ({"purpose": "fine-tune"}, "file")])
    def test_a_missing_part_is_named(self, owner: Caller, form: dict[str, str], param: str) -> None:
        response = owner.client.post("/v1/files", form)
        assert response.status_code == 400
        assert response.json()["error"]["message"] == f"Missing required parameter: '{param}'."

    def test_a_broken_form_is_a_refusal(self, owner: Caller) -> None:
        response = owner.client.post("/v1/files", b"broken", content_type="multipart/form-data")
        assert response.status_code == 400
        assert response.json()["error"]["type"] == "invalid_request_error"

    def test_a_file_over_the_limit_is_refused(self, owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upload, "MOST_BYTES", 10)
        assert "at most" in owner.upload(LINES, 413)["error"]["message"]
        assert not File.objects.exists()

    def test_hostile_text_survives_unchanged(self, owner: Caller) -> None:
        hostile = [{"prompt": "<script>alert(1)</script>\u202e\u0000", "completion": " =HYPERLINK()"}]
        file = owner.upload(hostile, name="<b>.jsonl")
        assert json.loads(owner.content(file["id"])) == hostile[0]
        assert "script" not in file["id"]


class TestExpiry:
    def test_a_file_may_have_an_end(self, owner: Caller) -> None:
        form = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
        file = owner.upload(LINES, form=form)
        assert file["expires_at"] - file["created_at"] in (3600, 3601)

    @pytest.mark.parametrize(
        "form",
        [
            {"expires_after[anchor]": "last_used", "expires_after[seconds]": "3600"},
            {"expires_after[anchor]": "created_at", "expires_after[seconds]": "10"},
            {"expires_after[anchor]": "created_at"},
        ],
    )
    def test_a_strange_end_is_refused(self, owner: Caller, form: dict[str, str]) -> None:
        assert owner.upload(LINES, 400, form=form)["error"]["param"].startswith("expires_after")

    def test_an_expired_file_is_gone_and_its_content_deleted_by_the_next_ring(self, owner: Caller) -> None:
        file = owner.upload(LINES)
        File.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        owner.get(f"files/{file['id']}", 404)
        tasks.ring()
        assert not File.objects.get().path.exists()


class TestList:
    def test_the_newest_file_is_first(self, owner: Caller) -> None:
        first, second = owner.upload(LINES), owner.upload(LINES)
        listed = owner.get("files")
        assert [file["id"] for file in listed["data"]] == [second["id"], first["id"]]
        assert (listed["object"], listed["has_more"]) == ("list", False)
        assert (listed["first_id"], listed["last_id"]) == (second["id"], first["id"])

    def test_pages_meet_without_a_gap_in_both_orders(self, owner: Caller) -> None:
        made = [owner.upload(LINES)["id"] for _ in range(3)]
        for order, expected in (("asc", made), ("desc", made[::-1])):
            page = owner.get("files", limit=2, order=order)
            rest = owner.get("files", after=page["last_id"], order=order)
            assert page["has_more"] is True
            assert [file["id"] for file in page["data"] + rest["data"]] == expected

    def test_a_purpose_can_be_asked_for(self, owner: Caller) -> None:
        owner.upload(LINES)
        owner.upload(b"x", form={"purpose": "batch"})
        assert [file["purpose"] for file in owner.get("files", purpose="batch")["data"]] == ["batch"]

    def test_an_empty_list_has_no_ends(self, owner: Caller) -> None:
        assert owner.get("files") == {"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None}

    @pytest.mark.parametrize("limit", ["0", "10001", "-1", "two", "99999999999999999999"])
    def test_a_strange_limit_is_refused(self, owner: Caller, limit: str) -> None:
        assert owner.get("files", 400, limit=limit)["error"]["param"] == "limit"

    def test_an_unknown_cursor_is_a_404(self, owner: Caller) -> None:
        assert owner.get("files", 404, after="file-gone")["error"]["param"] == "after"


class TestDelete:
    def test_a_deleted_file_is_gone_from_everywhere(self, owner: Caller) -> None:
        file = owner.upload(LINES)
        assert owner.delete(f"files/{file['id']}") == {"id": file["id"], "object": "file", "deleted": True}
        for address in (f"files/{file['id']}", f"files/{file['id']}/content"):
            assert owner.get(address, 404)["error"]["message"] == f"No such File object: {file['id']}"
        assert owner.get("files")["data"] == []
        assert not File.objects.get().path.exists()

    def test_deleting_twice_is_a_404(self, owner: Caller) -> None:
        file = owner.upload(LINES)
        owner.delete(f"files/{file['id']}")
        owner.delete(f"files/{file['id']}", 404)

    def test_a_job_that_waits_still_reads_its_deleted_file(self, owner: Caller) -> None:
        job = legacy(owner)
        owner.delete(f"files/{job['training_files'][0]['id']}")
        assert File.objects.get().path.exists()
        assert work(job["id"]).status == "succeeded"
        assert not File.objects.get(purpose="fine-tune").path.exists()

    def test_a_job_keeps_showing_its_deleted_file_as_deleted(self, owner: Caller) -> None:
        job = legacy(owner)
        owner.delete(f"files/{job['training_files'][0]['id']}")
        assert owner.get(f"fine-tunes/{job['id']}")["training_files"][0]["status"] == "deleted"

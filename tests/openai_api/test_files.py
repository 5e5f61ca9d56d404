from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from openai_api.errors import BadAnswer, BadRequest, NotFound
from openai_api.types import RemoteFile
from tests.openai_api.provider import FILE, answering, listed, refusal

READ = RemoteFile(
    id="file-1",
    filename="train.jsonl",
    bytes=2271,
    purpose="fine-tune",
    status="processed",
    created_at=datetime(2023, 1, 29, 13, 46, 30, tzinfo=UTC),
    raw=FILE,
)


def parts(request: httpx.Request) -> list[tuple[str, str]]:
    """Return the head and the body of each part of a multipart request."""
    boundary = re.search(r"boundary=(\S+)", request.headers["content-type"])
    assert boundary
    pieces = request.content.decode().split(f"--{boundary[1]}")[1:-1]
    return [(head, body.removesuffix("\r\n")) for head, _, body in (piece.partition("\r\n\r\n") for piece in pieces)]


def test_an_upload_sends_the_purpose_before_the_file() -> None:
    provider = answering(FILE)

    uploaded = provider.client().upload_file(io.BytesIO(b'{"prompt": "a"}\n'), "train.jsonl")

    (purpose, value), (file, content) = parts(provider.last)
    assert provider.lines == ["POST /v1/files"]
    assert 'name="purpose"' in purpose
    assert value == "fine-tune"
    assert 'name="file"; filename="train.jsonl"' in file
    assert "application/octet-stream" in file
    assert content == '{"prompt": "a"}\n'
    assert uploaded == READ


def test_an_upload_reads_a_path(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_bytes(b"{}\n")
    provider = answering(FILE)

    provider.client().upload_file(source, "tickets v1.jsonl", purpose="batch")

    (_, purpose), (head, content) = parts(provider.last)
    assert (purpose, content) == ("batch", "{}\n")
    assert 'filename="tickets v1.jsonl"' in head


def test_a_server_may_take_its_time_over_an_upload() -> None:
    provider = answering(FILE, FILE)
    client = provider.client(timeout=httpx.Timeout(7, connect=3))

    client.upload_file(io.BytesIO(b"{}"), "a.jsonl")
    client.file("file-1")

    waits = [request.extensions["timeout"] for request in provider.asked]
    assert waits == [
        {"connect": 3, "read": 35, "write": 7, "pool": 7},
        {"connect": 3, "read": 7, "write": 7, "pool": 7},
    ]


def test_a_file_name_cannot_add_headers_to_its_part() -> None:
    provider = answering(FILE)

    provider.client().upload_file(io.BytesIO(b"x"), 'a"\r\nX-Evil: 1\r\n\r\n.jsonl')

    assert "\r\nX-Evil" not in provider.last.content.decode()


@pytest.mark.parametrize("body", [listed(FILE), [FILE]], ids=["enveloped", "bare"])
def test_files_are_listed(body: object) -> None:
    provider = answering(body)

    assert provider.client().files() == [READ]
    assert provider.lines == ["GET /v1/files"]


def test_a_listed_item_without_an_id_does_not_hide_the_others() -> None:
    assert answering(listed({"object": "file"}, FILE, {"id": None})).client().files() == [READ]


def test_one_file_is_fetched_by_its_id() -> None:
    provider = answering(FILE)

    assert provider.client().file("file-1") == READ
    assert provider.lines == ["GET /v1/files/file-1"]


def test_a_file_without_an_id_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="no id"):
        answering({"object": "file"}).client().file("file-1")


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": ""}], ids=["missing", "null", "empty"])
def test_a_file_without_a_status_counts_as_processed(status: dict[str, str | None]) -> None:
    provider = answering({"id": "file-1"} | status)

    assert provider.client().file("file-1").status == "processed"


def test_content_comes_back_byte_by_byte() -> None:
    provider = answering(httpx.Response(200, content=b"\x00\xff\r\nstep"))

    assert provider.client().file_content("file-1") == b"\x00\xff\r\nstep"
    assert provider.lines == ["GET /v1/files/file-1/content"]


def test_deleting_sends_no_body() -> None:
    provider = answering({"id": "file-1", "object": "file", "deleted": True})

    provider.client().delete_file("file-1")

    assert provider.lines == ["DELETE /v1/files/file-1"]
    assert provider.last.content == b""


@pytest.mark.parametrize("answer", [refusal(404), httpx.Response(204), httpx.Response(200)], ids=["404", "204", "empty"])
def test_deleting_what_is_gone_succeeds(answer: httpx.Response) -> None:
    answering(answer).client().delete_file("file-1")


def test_a_deletion_that_did_not_happen_is_not_believed() -> None:
    with pytest.raises(BadAnswer, match="not deleted"):
        answering({"id": "file-1", "deleted": False}).client().delete_file("file-1")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("file-1", "/v1/files/file-1"),
        ("a/b", "/v1/files/a%2Fb"),
        ("../models", "/v1/files/..%2Fmodels"),
        ("a?b#c", "/v1/files/a%3Fb%23c"),
        ("a%2Fb", "/v1/files/a%252Fb"),
        ("имя", "/v1/files/%D0%B8%D0%BC%D1%8F"),
    ],
)
def test_an_id_never_leaves_its_segment_of_the_path(name: str, path: str) -> None:
    provider = answering(FILE)

    provider.client().file(name)

    assert provider.lines == [f"GET {path}"]


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_that_would_change_the_path_is_never_sent(name: str) -> None:
    provider = answering()

    with pytest.raises(BadRequest, match="such a name"):
        provider.client().delete_file(name)

    assert provider.asked == []


def test_content_is_written_to_a_file_piece_by_piece() -> None:
    provider = answering(httpx.Response(200, content=b"\x00\xff\r\nstep"))
    sink = io.BytesIO()

    provider.client().save_file("file-1", sink)

    assert sink.getvalue() == b"\x00\xff\r\nstep"


def test_a_second_attempt_writes_over_what_the_first_one_wrote() -> None:
    provider = answering(httpx.Response(503, content=b"busy"), httpx.Response(200, content=b"ab"))
    sink = io.BytesIO(b"longer than the answer")

    provider.client().save_file("file-1", sink)

    assert sink.getvalue() == b"ab"


def test_a_file_that_is_not_there_leaves_nothing_behind() -> None:
    provider = answering(refusal(404, "No such file"))
    sink = io.BytesIO()

    with pytest.raises(NotFound):
        provider.client().save_file("file-1", sink)

    assert sink.getvalue() == b""

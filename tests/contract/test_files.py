from __future__ import annotations

from pathlib import Path

import pytest

from openai_api import Client
from openai_api.errors import BadRequest, NotFound
from tests.contract import lessons
from tests.contract.course import upload

pytestmark = pytest.mark.live


def test_a_file_comes_back_as_it_was_sent(client: Client) -> None:
    content = lessons.prompts()

    sent = upload(client, content, "tickets 2026 – v1.jsonl")

    assert (sent.bytes, sent.purpose, sent.status) == (len(content), "fine-tune", "processed")
    assert sent.filename == "tickets 2026 – v1.jsonl"
    assert client.file(sent.id) == sent
    assert client.file_content(sent.id) == content
    assert sent in client.files()


def test_a_path_is_uploaded_under_a_name_of_its_own(client: Client, tmp_path: Path) -> None:
    source = tmp_path / "secret-folder.jsonl"
    source.write_bytes(lessons.chats())

    assert client.upload_file(source, "chats.jsonl").filename == "chats.jsonl"


def test_a_deleted_file_is_gone(client: Client) -> None:
    sent = upload(client, lessons.prompts())

    client.delete_file(sent.id)
    client.delete_file(sent.id)

    assert sent.id not in {file.id for file in client.files()}
    with pytest.raises(NotFound):
        client.file(sent.id)
    with pytest.raises(NotFound):
        client.file_content(sent.id)


@pytest.mark.parametrize("content", [b"no json\n", b'{"prompt": "a"}\n', b"[1]\n", b""])
def test_a_file_that_nobody_can_learn_from_is_refused_with_words(client: Client, content: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        upload(client, content)

    assert len(caught.value.message) > 10


def test_a_purpose_that_does_not_exist_is_refused(client: Client, tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_bytes(lessons.prompts())

    with pytest.raises(BadRequest) as caught:
        client.upload_file(source, "a.jsonl", purpose="world-domination")

    assert caught.value.param == "purpose"

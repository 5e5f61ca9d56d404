from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasets import tasks, upload
from datasets.models import Dataset
from teams.models import AuditEntry
from tests.datasets.made import TICKETS, csv_of

UPLOAD = "/datasets/upload/"


def tickets(name: str = "tickets.csv", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, csv_of(TICKETS) if content is None else content)


def test_an_upload_leads_to_its_page_rings_the_bell_and_is_audited(
    member_client: Client, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(tasks.work, "delay", rung.append)
    with django_capture_on_commit_callbacks(execute=True):
        response = member_client.post(UPLOAD, {"file": tickets(), "name": "Tickets 2026"})
    dataset = Dataset.objects.get()
    assert response["Location"] == dataset.get_absolute_url()
    assert (dataset.name, rung) == ("Tickets 2026", [dataset.pk])
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id) == ("dataset.uploaded", str(dataset.pk))


def test_an_upload_survives_a_bell_that_does_not_ring(
    member_client: Client, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    def broken(_pk: int) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(tasks.work, "delay", broken)
    with django_capture_on_commit_callbacks(execute=True):
        assert member_client.post(UPLOAD, {"file": tickets()}).status_code == 302
    assert Dataset.objects.due().count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Choose a file first."),
        ({"file": tickets(content=b"")}, "The file is empty."),
        ({"file": tickets(content=b"%PDF-1.7 ...")}, "PDF files are not read."),
        ({"file": tickets(content=b"MZ\x90\x00...")}, "Programs are not read."),
        ({"file": tickets(content=b"PK\x03\x04\x14\x00readme.txt")}, "Archives are not read. Unpack the file"),
        ({"file": tickets("tickets.docx", b"PK\x03\x04")}, "Word documents are not read."),
        ({"file": tickets("tickets.csv.gz", gzip.compress(b"%PDF-1.7 ..."))}, "PDF files are not read."),
        ({"file": tickets("tickets.rtf", b"words")}, "Files that end in .rtf are not read."),
    ],
)
def test_what_is_refused_is_said_beside_the_field(member_client: Client, data: dict[str, Any], sentence: str) -> None:
    response = member_client.post(UPLOAD, data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Dataset.objects.exists()


@pytest.mark.parametrize("content", [csv_of(TICKETS), gzip.compress(csv_of(TICKETS)), b"\x1f\x8bdamaged"])
def test_what_can_be_read_and_what_only_reading_shows_is_kept_whole(member_client: Client, content: bytes) -> None:
    name = "tickets.csv" if content == csv_of(TICKETS) else "tickets.csv.gz"
    assert member_client.post(UPLOAD, {"file": tickets(name, content)}).status_code == 302
    with Dataset.objects.get().source.open("rb") as kept:
        assert kept.read() == content


def test_so_many_files_of_a_person_wait_to_be_read_and_no_more(member_client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(upload, "MOST_UNREAD", 2)
    for _each in range(2):
        assert member_client.post(UPLOAD, {"file": tickets()}).status_code == 302
    refused = member_client.post(UPLOAD, {"file": tickets()})
    assert refused.status_code == 422
    assert "2 of your files are still being read. Wait until one of them is done" in refused.content.decode()
    Dataset.objects.filter(pk=Dataset.objects.latest("pk").pk).update(state=Dataset.State.READY)
    assert member_client.post(UPLOAD, {"file": tickets()}).status_code == 302


def test_what_others_have_sent_is_not_counted(owner_client: Client, member_client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(upload, "MOST_UNREAD", 1)
    assert owner_client.post(UPLOAD, {"file": tickets()}).status_code == 302
    assert member_client.post(UPLOAD, {"file": tickets()}).status_code == 302


def test_a_file_beyond_the_limit_is_refused(member_client: Client, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    response = member_client.post(UPLOAD, {"file": tickets()})
    assert "the most that this server takes" in response.content.decode()


def test_the_page_tells_the_script_the_limit_and_works_without_it(member_client: Client, settings: Any) -> None:
    page = member_client.get(UPLOAD).content.decode()
    assert f'data-max-bytes="{settings.UPLOAD_MAX_BYTES}"' in page
    assert 'enctype="multipart/form-data"' in page
    assert 'method="post"' in page


def test_the_sample_is_loaded_from_the_empty_list(member_client: Client) -> None:
    response = member_client.post("/datasets/sample/")
    dataset = Dataset.objects.get()
    assert response["Location"] == dataset.get_absolute_url()
    assert dataset.is_sample
    assert dataset.versions.count() == 1

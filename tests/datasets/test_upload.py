from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.files.base import ContentFile

from datasets import upload
from datasets.models import Dataset
from datasets.words import Refused
from tests.conftest import People
from tests.datasets.made import csv_of

TABLE = csv_of([("a", "b")])


def received(people: People, content: bytes = TABLE, filename: str = "tickets.csv", name: str = "") -> Dataset:
    return upload.receive(people.organization, people.member, ContentFile(content, name=filename), name=name)


def test_a_file_is_stored_as_it_came_and_due_for_reading(people: People) -> None:
    dataset = received(people)
    with dataset.source.open("rb") as file:
        assert file.read() == TABLE
    assert dataset.sha256 == hashlib.sha256(TABLE).hexdigest()
    assert (dataset.size, dataset.state, dataset.created_by) == (len(TABLE), "uploaded", people.member)
    assert list(Dataset.objects.due()) == [dataset]


@pytest.mark.parametrize(
    ("filename", "given", "name"),
    [
        ("tickets.csv", "", "tickets"),
        ("tickets.csv", "  Tickets 2026 ", "Tickets 2026"),
        (".csv", "", ".csv"),
        ("tickets.csv.GZ", "", "tickets"),
        ("a.b.csv", "", "a.b"),
        ("x" * 300 + ".csv", "", "x" * 120),
    ],
)
def test_a_dataset_is_named_after_its_file_unless_told_otherwise(
    people: People, filename: str, given: str, name: str
) -> None:
    assert received(people, filename=filename, name=given).name == name


@pytest.mark.parametrize(
    "hostile", ["../../etc/passwd.csv", "..\\..\\windows\\x.csv", "/abs/x.csv", "a\x00b.csv", "\u202etxt.csv", "x.csv/"]
)
def test_a_file_s_name_is_shown_and_never_used_as_a_path(people: People, hostile: str) -> None:
    content = ContentFile(TABLE)
    content.name = hostile
    dataset = upload.receive(people.organization, None, content)
    assert dataset.source.name == f"datasets/{dataset.key.hex}/source"
    assert not set(dataset.filename) & set("/\\\x00\u202e")


def test_an_empty_file_is_refused_and_leaves_nothing(people: People) -> None:
    with pytest.raises(Refused, match="The file is empty"):
        received(people, b"")
    assert not Dataset.objects.exists()


def test_a_file_beyond_the_limit_is_refused(people: People, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    with pytest.raises(Refused, match="larger than 0 MB"):
        received(people)

"""A file that a provider has trained on becomes a version of its very bytes."""

from __future__ import annotations

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from datasets.adopt import adopt
from datasets.advance import advance
from datasets.models import Dataset, Version
from tests.conftest import People

TRAINING = (
    b'{"prompt": "is it good? ->", "completion": " yes"}\n'
    b'{"completion":" no", "prompt":"is it bad? ->","note":"kept \\u00e9"}\r\n'
    b"\n"
    b'{"prompt": "is it good? ->", "completion": " yes"}'
)
VALIDATION = b'{"prompt":"is it so? ->","completion":" yes"}\n'


def taken(people: People, training: bytes, validation: bytes = b"") -> Dataset:
    name = default_storage.save("kept/test/validation", ContentFile(validation)) if validation else ""
    file = ContentFile(training, name="train.jsonl")
    dataset = adopt(people.organization, people.member, file, name="Tickets", validation_file=name)
    advance(dataset.pk)
    return Dataset.objects.get(pk=dataset.pk)


def version_of(dataset: Dataset) -> Version:
    assert dataset.error is None
    return dataset.versions.get()


def test_the_version_is_byte_for_byte_the_same(people: People) -> None:
    version = version_of(taken(people, TRAINING, VALIDATION))
    assert version.training.read() == TRAINING
    assert version.training_sha256 == hashlib.sha256(TRAINING).hexdigest()
    assert version.validation.read() == VALIDATION
    assert version.validation_sha256 == hashlib.sha256(VALIDATION).hexdigest()
    assert (version.training_rows, version.validation_rows) == (3, 1)
    assert version.created_by == people.member


def test_it_knows_what_every_version_knows(people: People) -> None:
    rows = b"".join(b'{"prompt":"%d ->","completion":" %s"}\n' % (n, b"even" if n % 2 else b"odd") for n in range(60))
    version = version_of(taken(people, rows))
    assert (version.format, version.task, version.separator) == ("prompt-completion", "classification", " ->")
    assert sorted(version.labels) == [" even", " odd"]
    assert version.tokens["r50k_base"]["training"] > 0
    assert not version.validation


def test_chats_are_taken_too(people: People) -> None:
    line = b'{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello","weight":1}]}\n'
    version = version_of(taken(people, line * 12))
    assert (version.format, version.training_rows) == ("chat", 12)
    assert version.training.read() == line * 12


def test_what_the_checks_found_changes_nothing(people: People) -> None:
    dataset = taken(people, TRAINING)
    assert dataset.open_count, "a duplicate at least"
    assert version_of(dataset).recipe == []


def test_asked_again_nothing_is_made_twice(people: People) -> None:
    dataset = taken(people, TRAINING)
    advance(dataset.pk)
    assert dataset.versions.count() == 1


def test_what_cannot_be_read_waits_for_a_person(people: People) -> None:
    dataset = taken(people, b'{"question": "a", "answer": "b", "more": "c"}\n' * 3)
    assert not dataset.versions.exists()
    assert not dataset.busy


def test_the_page_of_the_version_says_what_it_is(people: People, viewer_client: object) -> None:
    version = version_of(taken(people, TRAINING))
    html = viewer_client.get(version.get_absolute_url()).content.decode()  # type: ignore[attr-defined]
    assert "the very bytes that a provider trained on" in html


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_mark_at_the_beginning_stays(people: People, bom: bytes) -> None:
    version = version_of(taken(people, bom + TRAINING))
    assert version.training.read() == bom + TRAINING
    assert version.training_rows == 3

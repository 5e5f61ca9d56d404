"""The whole way with all files in a bucket: upload, prepare, train, results, charts, downloads, archive, deletion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from datasets import compare, later, remove
from datasets.advance import advance as advance_dataset
from datasets.models import Dataset
from finetunes import create
from finetunes.models import FineTune, ResultFile
from finetunes.statuses import Status
from handover import depart
from handover.models import Departure
from tests.conftest import People
from tests.datasets.made import csv_of, prepared, uploaded, version_of, worked
from tests.finetunes.provider import Provider
from tests.finetunes.stepping import step
from tests.work.s3 import in_bucket, options, s3
from work.bucket import Bucket
from work.storage import StorageAway

__all__ = ["s3"]


@pytest.fixture
def bucket(s3: str, tmp_path: Path, settings: Any) -> Iterator[Bucket]:
    settings.MEDIA_ROOT = tmp_path / "nothing-lies-here"
    with in_bucket(s3, tmp_path) as made:
        yield made
    assert not (tmp_path / "nothing-lies-here").exists()


def downloaded(client: Client, address: str) -> bytes:
    answer: Any = client.get(address)
    assert answer.status_code == 200

    async def gathered() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(gathered)()


def names(bucket: Bucket) -> set[str]:
    return {one.key for one in bucket.bucket.objects.all()}


def trained(people: People, dataset: Dataset, provider: Provider) -> FineTune:
    connection = Connection.objects.create(
        organization=people.organization, name="P", base_url="http://provider.test/v1", dialect="legacy", key="k"
    )
    version = version_of(dataset)
    tune, _new = create.intend(people.organization, people.owner, connection=connection, base_model="ada", version=version)
    client = provider.client("legacy")
    for _ in range(12):
        tune = step(tune, client)
        if tune.remote_id and not provider.jobs[tune.remote_id].get("fine_tuned_model"):
            provider.succeed(tune.remote_id)
        if tune.settled_at:
            break
    return tune


def test_the_whole_way(bucket: Bucket, people: People, owner_client: Client) -> None:
    dataset = prepared(people.organization, people.owner)
    assert dataset.prepared_count == 120
    tune = trained(people, dataset, Provider())
    assert tune.status == Status.SUCCEEDED
    version = dataset.versions.get()
    results = ResultFile.objects.get()
    assert default_storage.exists(str(results.content))
    page = owner_client.get(reverse("datasets:detail", args=[dataset.pk]) + "?tab=examples")
    assert page.status_code == 200
    assert owner_client.get(tune.get_absolute_url()).status_code == 200
    source = downloaded(owner_client, reverse("datasets:source", args=[dataset.pk]))
    with default_storage.open(str(dataset.source)) as file:
        assert source == file.read()
    Departure.objects.create(organization=people.organization, asked_by=people.owner, due_at=timezone.now())
    departure = Departure.objects.get()
    assert depart.carry_out(departure.pk)
    archive = downloaded(owner_client, reverse("handover:export_download", args=[departure.public_id]))
    assert archive.startswith(b"PK")
    assert {name.split("/")[1] for name in names(bucket)} == {"datasets", "results", "departures"}
    with default_storage.open(str(version.training)) as file:
        assert len(file.readlines()) == version.training_rows


def test_deleting_leaves_nothing_in_the_bucket(bucket: Bucket, people: People) -> None:
    dataset = prepared(people.organization, people.owner)
    first = version_of(dataset)
    second = version_of(Dataset.objects.get(pk=dataset.pk), share=0.1)
    compare.compare(first, second)
    assert any(name.startswith("prefix/answers/") for name in names(bucket))
    remove.delete(Dataset.objects.get(pk=dataset.pk))
    assert names(bucket) == set()


def test_an_answer_of_another_machine_is_found(bucket: Bucket, people: People, settings: Any, tmp_path: Path) -> None:
    dataset = worked(uploaded(people.organization))
    with later.answer(dataset, "x.json").written() as file:
        file.write(b"{}")
    settings.DATA = tmp_path / "another machine"
    answer = later.answer(dataset, "x.json")
    assert answer.is_there()
    assert answer.path.read_bytes() == b"{}"
    assert not later.answer(dataset, "y.json").is_there()


def test_a_dataset_waits_while_the_bucket_is_away_and_goes_on(bucket: Bucket, people: People, tmp_path: Path) -> None:
    dataset = uploaded(people.organization)
    nowhere = options("http://127.0.0.1:9", "b", tmp_path) | {"attempts": 1}
    with override_settings(STORAGES={"default": {"BACKEND": "work.bucket.Bucket", "OPTIONS": nowhere}}):
        for _ in range(7):
            Dataset.objects.filter(pk=dataset.pk).update(due_at=timezone.now())
            advance_dataset(dataset.pk)
    dataset.refresh_from_db()
    assert (dataset.to_read, dataset.attempts, dataset.due_at is not None) == (True, 0, True)
    Dataset.objects.filter(pk=dataset.pk).update(due_at=timezone.now())
    assert worked(dataset).state == Dataset.State.READY


def test_an_upload_that_cannot_be_kept_is_answered_in_a_sentence(
    bucket: Bucket, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_options: object) -> str:
        raise StorageAway("The storage of files does not answer.")

    monkeypatch.setattr(Bucket, "_save", away)
    file = ContentFile(csv_of([("a", "b")]), name="a.csv")
    answer = owner_client.post(reverse("datasets:upload"), {"file": file})
    assert answer.status_code == 503
    assert "The storage of files does not answer." in answer.content.decode()
    assert not Dataset.objects.exists()

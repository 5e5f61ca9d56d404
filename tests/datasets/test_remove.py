from __future__ import annotations

from pathlib import Path

import pytest

from connections.models import Connection
from datasets import remove, upload
from datasets.models import Dataset, Version
from datasets.words import Refused
from finetunes.models import FineTune
from tests.conftest import People
from tests.datasets.made import prepared, version_of


def trained_on(version: Version, people: People) -> FineTune:
    connection = Connection.objects.create(
        organization=people.organization, name="Trainer", base_url="http://127.0.0.1:1/v1", key="sk-test"
    )
    return FineTune.objects.create(
        organization=people.organization, connection=connection, base_model="ada", training_version=version, dialect="legacy"
    )


def test_a_dataset_goes_with_its_versions_and_all_its_files(people: People, own_data_folder: Path) -> None:
    version_of(dataset := prepared(people.organization))
    kept = prepared(people.organization)
    remove.delete(dataset)
    assert list(Dataset.objects.all()) == [kept]
    assert [path.name for path in (own_data_folder / "files" / "datasets").iterdir()] == [kept.key.hex]


def test_a_version_goes_with_its_files_and_leaves_the_others(people: People) -> None:
    first = version_of(dataset := prepared(people.organization), held_out=10)
    second = version_of(Dataset.objects.get(pk=dataset.pk))
    paths = [Path(stored.path) for stored in (first.training, first.validation, first.evaluation)]
    assert all(path.exists() for path in paths)
    remove.delete_version(first)
    assert not any(path.exists() for path in paths)
    second.refresh_from_db()
    assert second.parent is None
    assert Path(second.training.path).exists()


def test_what_something_was_trained_on_stays_and_the_refusal_names_it(people: People) -> None:
    version = version_of(dataset := prepared(people.organization))
    fine_tune = trained_on(version, people)
    with pytest.raises(Refused, match="cannot be deleted") as refused:
        remove.delete(dataset)
    assert str(fine_tune) in str(refused.value)
    with pytest.raises(Refused, match="cannot be deleted") as refused:
        remove.delete_version(version)
    assert str(fine_tune) in str(refused.value)
    assert Path(version.training.path).exists()
    assert Dataset.objects.filter(pk=dataset.pk).exists()


def test_a_new_version_never_takes_the_number_of_a_newer_one(people: People) -> None:
    first = version_of(dataset := prepared(people.organization))
    second = version_of(Dataset.objects.get(pk=dataset.pk))
    remove.delete_version(first)
    third = version_of(Dataset.objects.get(pk=dataset.pk))
    assert (third.number, third.parent) == (3, second)


def test_names_that_are_shown_lose_what_cannot_be_seen() -> None:
    assert upload.shown_name("a\u200bb\x07.csv") == "ab.csv"

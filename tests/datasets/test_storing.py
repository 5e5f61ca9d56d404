from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from datasets.models import Dataset
from datasets.pace import LeaseLost
from datasets.storing import Draft, clear, opened, sweep
from tests.conftest import People
from tests.datasets.made import prepared, uploaded, version_of


def held(dataset: Dataset) -> Dataset:
    dataset.lease_token = uuid.uuid4()
    return dataset


def stored(dataset: Dataset) -> set[str]:
    _folders, names = default_storage.listdir(dataset.folder)
    return {name.split("-")[0] for name in names}


def test_a_kept_draft_is_in_its_place_whole_and_hashed(people: People, own_data_folder: Path) -> None:
    dataset = held(uploaded(people.organization))
    with Draft(dataset, "rows") as draft:
        draft.write(b"one\n")
        draft.write(b"two\n")
        name = draft.keep()
    with default_storage.open(name, "rb") as file:
        assert file.read() == b"one\ntwo\n"
    assert (draft.size, draft.sha256.hexdigest()) == (8, hashlib.sha256(b"one\ntwo\n").hexdigest())
    assert list((own_data_folder / "drafts").iterdir()) == []


def test_until_it_is_kept_nothing_is_in_its_place(people: People) -> None:
    dataset = held(uploaded(people.organization))
    with Draft(dataset, "rows") as draft:
        draft.write(b"half")
        assert stored(dataset) == {"source"}
    assert stored(dataset) == {"source"}


def test_a_draft_that_fails_leaves_nothing(people: People, own_data_folder: Path) -> None:
    dataset = held(uploaded(people.organization))

    def fail() -> None:
        with Draft(dataset, "rows") as draft:
            draft.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list((own_data_folder / "drafts").iterdir()) == []


def test_two_attempts_never_write_into_the_same_file(people: People) -> None:
    dataset = uploaded(people.organization)
    with Draft(held(dataset), "rows") as first, Draft(held(dataset), "rows") as second:
        first.write(b"first")
        second.write(b"second")
        names = {first.keep(), second.keep()}
    assert len(names) == 2


def test_the_same_attempt_may_write_again_and_what_it_wrote_before_stays_meanwhile(people: People) -> None:
    dataset = held(uploaded(people.organization))
    names = []
    for content in (b"one", b"two"):
        with Draft(dataset, "rows") as draft:
            draft.write(content)
            names.append(draft.keep())
    assert [default_storage.open(name, "rb").read() for name in names] == [b"one", b"two"]


def test_one_that_lost_its_lease_takes_its_file_away(people: People) -> None:
    dataset = held(uploaded(people.organization))
    kept = []

    def lose() -> None:
        with Draft(dataset, "rows") as draft:
            kept.append(draft.keep())
            raise LeaseLost

    with pytest.raises(LeaseLost):
        lose()
    assert not default_storage.exists(kept[0])
    assert default_storage.exists(dataset.source.name or "")


def test_a_sweep_takes_what_nothing_points_at_and_nothing_else(people: People, own_data_folder: Path) -> None:
    dataset = prepared(people.organization)
    version_of(dataset)
    dataset = held(Dataset.objects.get(pk=dataset.pk))
    before = stored(dataset)
    other = prepared(people.organization)
    default_storage.save(f"{dataset.folder}/rows-dead.jsonl", default_storage.open(dataset.rows.name or "", "rb"))
    (own_data_folder / "drafts" / f"{dataset.key.hex}-rows-dead").write_bytes(b"half")
    (own_data_folder / "drafts" / f"{other.key.hex}-rows-alive").write_bytes(b"half")
    sweep(dataset)
    assert stored(dataset) == before
    assert not default_storage.exists(f"{dataset.folder}/rows-dead.jsonl")
    assert [path.name for path in (own_data_folder / "drafts").iterdir()] == [f"{other.key.hex}-rows-alive"]


def test_clearing_takes_the_whole_folder(people: People) -> None:
    dataset = prepared(people.organization)
    clear(dataset)
    assert not default_storage.exists(dataset.folder)
    clear(dataset)


def test_an_opened_file_is_a_plain_one_and_closed_afterwards(people: People) -> None:
    dataset = prepared(people.organization)
    with opened(dataset.rows) as file:
        assert file.readline().startswith(b"2\t{")
        file.seek(0)
        assert len(file.readlines()) == 120
    assert file.closed


def test_files_are_readable_by_nobody_else() -> None:
    from config import settings as product

    storages: dict[str, Any] = product.STORAGES
    assert storages["default"]["OPTIONS"] == {"file_permissions_mode": 0o600}

"""Whatever dies when: the work is done again by itself, once, and nothing half-made is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from datasets import advance as module
from datasets import prepare, read, storing, tasks, version
from datasets.advance import advance
from datasets.models import Dataset, Version, VersionQuerySet
from datasets.pace import LeaseLost
from datasets.wording import say
from tests.conftest import People
from tests.datasets.made import lines_of, prepared, uploaded, version_of, worked


class Died(BaseException):
    """A process that is killed runs no handlers."""


def dies(*_args: object, **_values: object) -> None:
    raise Died


def lease_ends(dataset: Dataset) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def files(folder: Path, dataset: Dataset) -> list[str]:
    return sorted(path.name.split("-")[0] for path in (folder / "files" / dataset.folder).iterdir())


def dies_at(monkeypatch: pytest.MonkeyPatch, target: Any, name: str, dataset: Dataset) -> None:
    """Work on the dataset until that function is called, die there, and let the lease run out."""
    with monkeypatch.context() as patch:
        patch.setattr(target, name, dies)
        with pytest.raises(Died):
            advance(dataset.pk)
    lease_ends(dataset)


def asked(dataset: Dataset) -> Dataset:
    version.request(dataset, share=0.2, at_most=1000, seed=42, by=None)
    return dataset


@pytest.mark.parametrize(("target", "name"), [(read, "_refuse_nothing"), (storing.Draft, "keep"), (read, "sweep")])
def test_a_reader_that_dies_is_followed_by_one_that_reads_all(
    people: People, monkeypatch: pytest.MonkeyPatch, own_data_folder: Path, target: Any, name: str
) -> None:
    dataset = uploaded(people.organization)
    dies_at(monkeypatch, target, name, dataset)
    dataset = worked(dataset)
    assert (dataset.state, dataset.row_count, dataset.open_count) == ("ready", 120, 2)
    assert files(own_data_folder, dataset) == ["index", "prepared", "rows", "source", "texts"]
    assert list((own_data_folder / "drafts").iterdir()) == []


@pytest.mark.parametrize(("target", "name"), [(version, "commit"), (storing.Draft, "keep"), (VersionQuerySet, "create")])
def test_a_version_whose_maker_dies_is_made_once_and_whole(
    people: People, monkeypatch: pytest.MonkeyPatch, own_data_folder: Path, target: Any, name: str
) -> None:
    dataset = asked(prepared(people.organization))
    dies_at(monkeypatch, target, name, dataset)
    assert not Version.objects.exists()
    dataset = worked(dataset)
    made = dataset.versions.get()
    assert len(lines_of(made.training)) + len(lines_of(made.validation)) == 120
    assert files(own_data_folder, dataset) == [
        "index",
        "prepared",
        "rows",
        "sides",
        "source",
        "texts",
        "training",
        "validation",
    ]
    assert dataset.making is None


def test_a_maker_that_dies_after_the_commit_is_not_followed_by_a_second_version(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = asked(prepared(people.organization))
    dies_at(monkeypatch, version, "sweep", dataset)
    assert Version.objects.count() == 1
    worked(dataset)
    assert Version.objects.count() == 1


def test_one_that_lost_its_lease_writes_nothing(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that slept past its lease wakes up after another has done the work."""
    dataset = asked(prepared(people.organization))
    sleeper = Dataset.objects.claim(dataset.pk, 30)
    assert sleeper is not None
    lease_ends(dataset)
    worked(dataset)
    with pytest.raises(LeaseLost):
        version.make(sleeper)
    assert Version.objects.count() == 1
    assert lines_of(Version.objects.get().training)


def test_while_one_works_another_does_nothing(people: People) -> None:
    dataset = uploaded(people.organization)
    assert Dataset.objects.claim(dataset.pk, 30) is not None
    assert worked(dataset).state == "uploaded"


def test_work_that_is_done_is_not_done_again(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = worked(uploaded(people.organization))
    monkeypatch.setattr(read, "read", dies)
    monkeypatch.setattr(prepare, "check", dies)
    again = worked(dataset)
    assert (again.state, again.checked, again.attempts, again.error) == ("ready", dataset.checked, dataset.attempts, None)


def test_what_is_asked_while_the_worker_finishes_is_not_slept_through(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = worked(uploaded(people.organization))
    settle: Callable[[Dataset], bool] = Dataset.settle
    asked_at_last: list[bool] = []

    def asked_just_before(self: Dataset) -> bool:
        if not asked_at_last:
            asked_at_last.append(Dataset.objects.get(pk=dataset.pk).ask_again(decisions=[]))
        return settle(self)

    Dataset.objects.get(pk=dataset.pk).ask_again()
    monkeypatch.setattr(Dataset, "settle", asked_just_before)
    dataset = worked(dataset)
    assert asked_at_last == [True]
    assert not dataset.busy
    assert dataset.due_at is None


def test_a_failure_backs_off_before_it_is_raised(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = uploaded(people.organization)

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(read, "read", full)
    with pytest.raises(OSError, match="No space left"):
        advance(dataset.pk)
    dataset.refresh_from_db()
    assert dataset.due_at is not None
    assert dataset.due_at > timezone.now()
    assert dataset.lease_token is None


def test_work_that_kills_its_worker_each_time_is_given_up_with_a_sentence(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = uploaded(people.organization)
    for _attempt in range(module.MAX_ATTEMPTS):
        dies_at(monkeypatch, read, "read", dataset)
    dataset = worked(dataset)
    assert dataset.state == "failed"
    assert say(dataset.error) == "The work was begun 5 times and never came to an end."


def test_the_ring_sends_one_task_for_each_dataset_that_waits(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = uploaded(people.organization)
    worked(uploaded(people.organization))
    held = uploaded(people.organization)
    Dataset.objects.claim(held.pk, 30)
    rung: list[int] = []
    monkeypatch.setattr(tasks.work, "delay", rung.append)
    tasks.ring()
    assert rung == [waiting.pk]


def test_a_task_for_a_dataset_that_is_gone_does_nothing(people: People) -> None:
    tasks.work(4711)


def test_a_version_is_not_touched_by_the_sweep_of_a_later_one(people: People) -> None:
    dataset = prepared(people.organization)
    first = version_of(dataset)
    version_of(Dataset.objects.get(pk=dataset.pk))
    assert lines_of(first.training)

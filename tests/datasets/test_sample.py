from __future__ import annotations

import csv
import re

import pytest

from datasets import sample, version
from datasets.models import Dataset, Version
from tests.conftest import People


def rows() -> list[dict[str, str]]:
    with sample.SOURCE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_sample_is_ready_to_train(people: People) -> None:
    made = sample.load(people.organization, people.owner)
    assert (made.number, made.task, made.labels) == (1, "classification", [" billing", " delivery"])
    assert (made.training_rows, made.validation_rows) == (192, 48)
    assert made.separator
    assert made.dataset.is_sample


def test_loading_it_again_gives_the_same_version(people: People) -> None:
    assert sample.load(people.organization, people.owner) == sample.load(people.organization, None)
    assert (Dataset.objects.count(), Version.objects.count()) == (1, 1)


def test_each_organization_has_its_own(people: People) -> None:
    elsewhere = people.outsider.memberships.get().organization
    assert sample.load(people.organization, None) != sample.load(elsewhere, None)


def test_a_first_start_that_died_half_way_goes_on_where_it_stopped(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_args: object, **_values: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(version, "make", dies)
        with pytest.raises(KeyboardInterrupt):
            sample.load(people.organization, None)
    Dataset.objects.update(lease_until=None)
    assert sample.load(people.organization, None).training_rows == 192
    assert Dataset.objects.count() == 1


def test_if_a_worker_was_faster_its_result_is_waited_for(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = sample.begin(people.organization, None)
    assert Dataset.objects.claim(dataset.pk, 30) is not None

    def worker_finishes(_seconds: float) -> None:
        Dataset.objects.update(lease_until=None)

    monkeypatch.setattr(sample, "sleep", worker_finishes)
    assert sample.load(people.organization, None).dataset == dataset


def test_a_worker_that_never_finishes_is_not_waited_for_for_ever(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = sample.begin(people.organization, None)
    assert Dataset.objects.claim(dataset.pk, 30) is not None
    monkeypatch.setattr(sample, "PATIENCE", 0.0)
    with pytest.raises(TimeoutError):
        sample.load(people.organization, None)


def test_its_texts_are_varied_and_hold_nothing_personal() -> None:
    texts = [row["prompt"] for row in rows()]
    assert len(texts) == len(set(texts)) >= 240
    assert not [text for text in texts if re.search(r"@|https?:|\d{4,}", text)]
    counts = [sum(row["completion"] == label for row in rows()) for label in ("billing", "delivery")]
    assert counts[0] == counts[1] == len(texts) / 2

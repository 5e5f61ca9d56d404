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
    assert (made.number, made.task, made.labels) == (1, "classification", [" complaint", " praise"])
    assert (made.training_rows, made.validation_rows) == (360, 90)
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
        patch.setattr(version, "request", dies)
        with pytest.raises(KeyboardInterrupt):
            sample.load(people.organization, None)
    assert sample.load(people.organization, None).training_rows == 360
    assert Dataset.objects.count() == 1


def test_its_texts_are_varied_and_hold_nothing_personal() -> None:
    texts = [row["prompt"] for row in rows()]
    assert len(texts) == len(set(texts)) >= 400
    assert not [text for text in texts if re.search(r"@|https?:|\d{4,}", text)]
    counts = [sum(row["completion"] == label for row in rows()) for label in ("complaint", "praise")]
    assert counts[0] == counts[1] == len(texts) / 2

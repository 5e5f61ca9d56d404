from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest
from django.core.files.storage import default_storage
from django.test import Client

from datasets import amend, narrow, remove, sides
from datasets.index import opened_index
from datasets.mapping import Example
from datasets.models import Dataset
from datasets.narrow import Wanted
from tests.conftest import People
from tests.datasets.made import lines_of, prepared, version_of, worked


@pytest.fixture
def dataset(people: People) -> Dataset:
    return prepared(people.organization)


def rows(dataset: Dataset, **wanted: Any) -> list[int]:
    with opened_index(dataset.prepared_index.name or "") as index:
        return list(map(int, narrow.rows(dataset, index, Wanted(**wanted))))


def examples(dataset: Dataset, numbers: list[int]) -> list[Example]:
    with dataset.prepared.open("rb") as file:
        every = [line.split(b"\t", 1)[1] for line in file]
    return [orjson.loads(every[number]) for number in numbers]


def test_rows_are_narrowed_down_to_a_side_of_the_newest_version(dataset: Dataset) -> None:
    version_of(dataset, share=0.5)
    version = version_of(dataset, share=0.2, held_out=10)
    found = {side: rows(dataset, side=side) for side in sides.NAMES}
    assert {side: len(numbers) for side, numbers in found.items()} == {
        "training": version.training_rows,
        "validation": version.validation_rows,
        "evaluation": 10,
        "none": 0,
    }
    for side in ("training", "validation", "evaluation"):
        assert examples(dataset, found[side]) == lines_of(getattr(version, side))


def test_a_side_goes_together_with_what_else_is_wanted(dataset: Dataset) -> None:
    version_of(dataset, share=0.5)
    both = set(rows(dataset, side="validation")) & set(rows(dataset, label=" repair"))
    assert rows(dataset, side="validation", label=" repair") == sorted(both)


def test_rows_keep_their_side_when_others_go(dataset: Dataset) -> None:
    version_of(dataset, share=0.5)
    before = rows(dataset, side="training")
    with opened_index(dataset.prepared_index.name or "") as index:
        amend.exclude(dataset, index.keys[np.array([before[0]])], by="somebody")
    worked(dataset)
    assert len(rows(dataset, side="training")) == len(before) - 1
    assert rows(dataset, side="none") == []


def test_without_a_version_there_are_no_sides_to_choose_from(dataset: Dataset) -> None:
    assert sides.choices(dataset) == []
    assert rows(dataset, side="training") == []


def test_a_version_of_before_the_sides_were_kept_has_none(dataset: Dataset) -> None:
    version = version_of(dataset)
    dataset.versions.filter(pk=version.pk).update(sides="")
    assert sides.choices(dataset) == []
    assert rows(dataset, side="training") == []


def test_the_page_offers_the_sides_that_there_are(dataset: Dataset, viewer_client: Client) -> None:
    assert 'id="side"' not in viewer_client.get(f"/datasets/{dataset.pk}/examples/").content.decode()
    version = version_of(dataset)
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/?side=validation").content.decode()
    assert '<label for="side">Version 1</label>' in shown
    assert '<option value="validation" selected>In validation</option>' in shown
    assert "Held out for evaluation" not in shown
    assert f"{version.validation_rows} examples of 120" in shown
    assert f'class="chip" href="/datasets/{dataset.pk}/examples/"' in shown


def test_what_is_no_side_is_left_out() -> None:
    assert Wanted.of({"side": "../x"}) == Wanted()


def test_the_file_goes_with_its_version(dataset: Dataset) -> None:
    version = version_of(dataset)
    assert default_storage.exists(version.sides.name or "")
    worked(dataset)
    assert default_storage.exists(version.sides.name or "")
    remove.delete_version(version)
    assert not default_storage.exists(version.sides.name or "")

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from datasets import compare, tasks
from datasets.models import Dataset
from tests.conftest import People
from tests.datasets.made import prepared, version_of


@pytest.fixture
def dataset(people: People) -> Dataset:
    """With three versions: of everything, with a fifth for validation, with 12 rows held out."""
    dataset = prepared(people.organization)
    for options in ({"share": 0.0}, {"share": 0.2}, {"share": 0.2, "held_out": 12}):
        version_of(Dataset.objects.get(pk=dataset.pk), **options)  # type: ignore[arg-type]
    return dataset


def shown(client: Client, dataset: Dataset, query: str = "", **headers: str) -> str:
    answer = client.get(f"/datasets/{dataset.pk}/versions/compare/{query}", headers=headers)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_newest_two_are_compared_if_nobody_says_otherwise(viewer_client: Client, dataset: Dataset) -> None:
    page = shown(viewer_client, dataset)
    assert "Rows, from v2 to v3" in page
    assert re.search(r'In another part <span class="num faint">\d+</span>', page)
    assert "training → " in page


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("?old=1&new=3", "from v1 to v3"),
        ("?old=3&new=1", "from v3 to v1"),
        ("?new=2", "from v1 to v2"),
        ("?new=1", "from v3 to v1"),
        ("?old=3", "from v3 to v2"),
        ("?old=2&new=2", "from v2 to v2"),
    ],
)
def test_any_two_can_be_compared(viewer_client: Client, dataset: Dataset, query: str, title: str) -> None:
    assert title in shown(viewer_client, dataset, query)


@pytest.mark.parametrize("query", ["?old=9", "?new=9", "?old=x", "?old=1&new=-1"])
def test_a_version_that_is_not_there_is_a_404(viewer_client: Client, dataset: Dataset, query: str) -> None:
    assert viewer_client.get(f"/datasets/{dataset.pk}/versions/compare/{query}").status_code == 404


def test_labels_tokens_and_recipes_of_both_stand_beside_each_other(viewer_client: Client, dataset: Dataset) -> None:
    page = shown(viewer_client, dataset, "?old=1&new=2")
    assert re.search(r"␣billing</code></th><td[^>]*>60</td><td[^>]*>60", page)
    assert re.search(r'Training rows</th><td class="right num">120</td><td class="right num">96', page)
    assert "Tokens, r50k_base" in page
    assert page.count("The separator ␣-&gt; was added to prompts.") == 2
    assert "only here" not in page


def test_a_step_that_one_recipe_lacks_is_marked(viewer_client: Client, dataset: Dataset) -> None:
    dataset.versions.filter(number=1).update(recipe=[])
    page = shown(viewer_client, dataset, "?old=1&new=2")
    assert "No fix was accepted." in page
    assert page.count("only here") == 2


def test_with_one_version_the_page_says_what_it_is_for(viewer_client: Client, people: People) -> None:
    dataset = prepared(people.organization)
    version_of(dataset)
    assert "There is nothing to compare yet." in shown(viewer_client, dataset)
    assert "versions/compare/" not in viewer_client.get(f"/datasets/{dataset.pk}/versions/1/").content.decode()


def test_the_list_and_each_version_lead_here(viewer_client: Client, dataset: Dataset) -> None:
    assert "versions/compare/" in viewer_client.get(f"/datasets/{dataset.pk}/versions/").content.decode()
    page = viewer_client.get(f"/datasets/{dataset.pk}/versions/3/").content.decode()
    assert "versions/compare/?new=3" in page
    assert "versions/compare/?old=2&amp;new=3" in page


class TestLarge:
    @pytest.fixture
    def rung(self, monkeypatch: Any) -> list[tuple[int, int]]:
        rung: list[tuple[int, int]] = []
        monkeypatch.setattr(compare, "SMALL", 10)
        monkeypatch.setattr(tasks.compare_versions, "delay", lambda *pks: rung.append(pks))
        monkeypatch.setattr(transaction, "on_commit", lambda ring: ring())  # a test commits nothing
        return rung

    def test_a_worker_compares_while_the_page_shows_how_far_it_is(
        self, viewer_client: Client, dataset: Dataset, rung: list[tuple[int, int]]
    ) -> None:
        page = shown(viewer_client, dataset)
        assert "Comparing the rows" in page
        assert 'hx-trigger="every 1s"' in page
        assert "In numbers" in page
        shown(viewer_client, dataset)
        assert len(rung) == 1, "one bell is enough"

    def test_the_rows_take_the_place_of_the_progress(
        self, viewer_client: Client, dataset: Dataset, rung: list[tuple[int, int]]
    ) -> None:
        fragment = {"HX-Request": "true", "HX-Target": "found"}
        assert "Comparing the rows" in shown(viewer_client, dataset, "?old=1&new=2", **fragment)
        tasks.compare_versions(*rung[0])
        page = shown(viewer_client, dataset, "?old=1&new=2", **fragment)
        assert "training → validation" in page
        assert "<html" not in page
        assert "hx-trigger" not in page

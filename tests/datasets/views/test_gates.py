"""The same questions to every address: who may, by which method, and whose."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from datasets import urls
from datasets.models import Dataset, SavedRecipe
from tests.conftest import People, signed_in
from tests.datasets.made import prepared, version_of

READS = {
    "list": "viewer",
    "detail": "viewer",
    "progress": "viewer",
    "bad_rows": "viewer",
    "source": "viewer",
    "examples": "viewer",
    "versions": "viewer",
    "compare": "viewer",
    "version": "viewer",
    "training": "viewer",
    "validation": "viewer",
    "evaluation": "viewer",
    "upload": "member",
    "columns": "member",
    "rename": "member",
    "recipes": "member",
    "recipe_file": "member",
    "purpose_sheet": "viewer",
}
WRITES = {
    "upload",
    "sample",
    "decision",
    "undo",
    "accept",
    "task",
    "columns",
    "retry",
    "cancel",
    "make",
    "delete_version",
    "rename",
    "delete",
    "recipes",
    "recipe_delete",
    "keep",
    "replay",
    "edit_row",
    "exclude_rows",
    "restore_rows",
}
OF_VERSION = {"version", "delete_version", "training", "validation", "evaluation"}
OF_NONE = {"list", "upload", "sample", "recipes", "purpose_sheet"}
ABSENT = {"bad_rows"}  # the dataset of these tests has none


@pytest.fixture
def dataset(people: People) -> Dataset:
    dataset = prepared(people.organization, people.member)
    version_of(dataset, held_out=5)
    dataset.refresh_from_db()
    SavedRecipe.objects.create(pk=dataset.pk, organization=people.organization, name="kept", format="prompt-completion")
    return dataset


def address(name: str, dataset: Dataset) -> str:
    if name == "purpose_sheet":
        return reverse("datasets:purpose_sheet", args=["sentiment"])
    if name in OF_NONE:
        return reverse(f"datasets:{name}")
    return reverse(f"datasets:{name}", args=[dataset.pk, 1] if name in OF_VERSION else [dataset.pk])


def every_name() -> set[str]:
    found: set[str] = set()

    def walk(patterns: Iterable[URLPattern | URLResolver]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns)
            else:
                found.add(str(pattern.name))

    walk(urls.urlpatterns)
    return found


def refused_or_sent_to_sign_in(response: HttpResponseBase) -> bool:
    return response.status_code == 302 and "/accounts/login/" in response.headers["Location"]


def test_these_tables_name_every_address() -> None:
    assert set(READS) | WRITES == every_name()


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("role", ["viewer", "member", "owner"])
def test_pages_open_for_the_role_they_name_and_above(people: People, dataset: Dataset, name: str, role: str) -> None:
    response = signed_in(getattr(people, role)).get(address(name, dataset))
    allowed = READS[name] == "viewer" or role != "viewer"
    expected = (200, 286, 404) if name in ABSENT | {"progress"} else (200,)
    assert response.status_code in (expected if allowed else (403,))


@pytest.mark.parametrize("name", sorted(READS))
def test_nobody_reads_without_signing_in(dataset: Dataset, name: str) -> None:
    assert refused_or_sent_to_sign_in(Client().get(address(name, dataset)))


@pytest.mark.parametrize("name", sorted(WRITES))
def test_viewers_and_strangers_change_nothing(people: People, dataset: Dataset, name: str) -> None:
    assert signed_in(people.viewer).post(address(name, dataset)).status_code == 403
    assert refused_or_sent_to_sign_in(Client().post(address(name, dataset)))
    assert dataset.versions.count() == 1


@pytest.mark.parametrize("name", sorted(set(READS) | WRITES))
def test_methods_that_an_address_does_not_have_are_refused(people: People, dataset: Dataset, name: str) -> None:
    client = signed_in(people.owner)
    assert client.put(address(name, dataset)).status_code == 405
    if name not in READS:
        assert client.get(address(name, dataset)).status_code == 405
    if name not in WRITES:
        assert client.post(address(name, dataset)).status_code == 405


@pytest.mark.parametrize("name", sorted((set(READS) | WRITES) - OF_NONE))
def test_another_organization_s_dataset_does_not_exist(people: People, dataset: Dataset, name: str) -> None:
    client = signed_in(people.outsider)
    data = {"code": "separator", "choice": "accepted", "number": 0, "share": 20, "at_most": 9, "seed": 1, "name": "x"}
    if name in READS:
        assert client.get(address(name, dataset)).status_code == 404
    if name in WRITES:
        assert client.post(address(name, dataset), data).status_code == 404
    dataset.refresh_from_db()
    assert (dataset.name, dataset.versions.count(), len(dataset.decisions)) == ("tickets", 1, 2)


@pytest.mark.parametrize("name", sorted(OF_VERSION))
def test_a_version_that_is_not_there_is_a_404(people: People, dataset: Dataset, name: str) -> None:
    client = signed_in(people.owner)
    address = reverse(f"datasets:{name}", args=[dataset.pk, 99])
    response = client.post(address) if name in WRITES else client.get(address)
    assert response.status_code == 404

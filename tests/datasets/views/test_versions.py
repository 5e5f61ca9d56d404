from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client

from datasets import advance
from datasets.models import Dataset, Version
from teams.models import AuditEntry
from tests.conftest import People
from tests.datasets.made import prepared, uploaded, version_of
from tests.datasets.test_remove import trained_on

FORM = {"share": "25", "at_most": "1000", "seed": "7"}


@pytest.fixture
def dataset(people: People) -> Dataset:
    return prepared(people.organization, people.member)


def test_a_version_is_made_with_the_share_asked_for(member_client: Client, dataset: Dataset, people: People) -> None:
    response = member_client.post(f"/datasets/{dataset.pk}/versions/make/", FORM)
    made = Version.objects.get()
    assert response["Location"] == f"/datasets/{dataset.pk}/versions/"
    assert (made.validation_rows, made.split["seed"], made.created_by) == (30, 7, people.member)
    assert AuditEntry.objects.get().action == "version.requested"


def test_a_large_one_is_made_by_a_worker_while_the_page_shows_progress(
    member_client: Client, dataset: Dataset, monkeypatch: Any
) -> None:
    monkeypatch.setattr(advance, "SMALL_BYTES", 10)
    shown = member_client.post(f"/datasets/{dataset.pk}/versions/make/", FORM, follow=True).content.decode()
    assert "Making the version" in shown
    assert 'hx-trigger="every 1s"' in shown
    assert not Version.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("share", "-1"), ("share", "51"), ("share", "x"), ("at_most", "0"), ("seed", "")]
)
def test_numbers_out_of_range_are_said_beside_the_field(
    member_client: Client, dataset: Dataset, field: str, value: str
) -> None:
    response = member_client.post(f"/datasets/{dataset.pk}/versions/make/", {**FORM, field: value})
    assert response.status_code == 422
    assert not Version.objects.exists()


def test_a_refusal_is_told_on_the_page(people: People, member_client: Client) -> None:
    dataset = uploaded(people.organization)
    said = member_client.post(f"/datasets/{dataset.pk}/versions/make/", FORM, follow=True).content.decode()
    assert "There are no rows to make a version of." in said


def test_the_list_leads_to_a_fine_tune_on_the_version(member_client: Client, dataset: Dataset) -> None:
    made = version_of(dataset)
    shown = member_client.get(f"/datasets/{dataset.pk}/versions/").content.decode()
    assert f"/finetunes/new/?version={made.pk}" in shown
    assert made.training_sha256[:12] in shown


def test_a_viewer_can_look_but_not_make(viewer_client: Client, dataset: Dataset) -> None:
    version_of(dataset)
    shown = viewer_client.get(f"/datasets/{dataset.pk}/versions/").content.decode()
    assert "v1" in shown
    assert 'id="make"' not in shown
    assert "/finetunes/new/" not in shown


def test_its_page_tells_how_it_was_made(viewer_client: Client, dataset: Dataset) -> None:
    made = version_of(dataset)
    shown = viewer_client.get(made.get_absolute_url()).content.decode()
    for seen in (
        made.training_sha256,
        made.validation_sha256,
        "The separator ␣-&gt; was added",
        "␣billing",
        "20 % of the rows",
    ):
        assert seen in shown


@pytest.mark.parametrize("side", ["training", "validation"])
def test_its_files_are_downloaded_byte_by_byte(viewer_client: Client, dataset: Dataset, side: str) -> None:
    made = version_of(dataset)
    response = viewer_client.get(f"/datasets/{dataset.pk}/versions/1/{side}.jsonl")
    content = b"".join(response)
    assert hashlib.sha256(content).hexdigest() == getattr(made, f"{side}_sha256")
    assert response["Content-Disposition"] == f'attachment; filename="tickets-v1-{side}.jsonl"'
    assert int(response["Content-Length"]) == len(content)


def test_without_validation_there_is_no_such_file(viewer_client: Client, dataset: Dataset) -> None:
    version_of(dataset, share=0.0)
    assert viewer_client.get(f"/datasets/{dataset.pk}/versions/1/validation.jsonl").status_code == 404


def test_deleting_a_version_is_audited(member_client: Client, dataset: Dataset) -> None:
    version_of(dataset)
    assert member_client.post(f"/datasets/{dataset.pk}/versions/1/delete/").status_code == 302
    assert not Version.objects.exists()
    assert AuditEntry.objects.get().action == "version.deleted"


def test_one_that_a_fine_tune_points_at_stays(member_client: Client, dataset: Dataset, people: People) -> None:
    trained_on(version_of(dataset), people)
    said = member_client.post(f"/datasets/{dataset.pk}/versions/1/delete/", follow=True).content.decode()
    assert "It cannot be deleted" in said
    assert Version.objects.exists()
    assert not AuditEntry.objects.exists()

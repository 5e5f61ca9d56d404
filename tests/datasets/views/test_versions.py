from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client
from django.utils.http import content_disposition_header

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


@pytest.mark.parametrize(("side", "suffix"), [("training", "train"), ("validation", "valid"), ("evaluation", "eval")])
def test_its_files_are_downloaded_byte_by_byte(viewer_client: Client, dataset: Dataset, side: str, suffix: str) -> None:
    made = version_of(dataset, held_out=10)
    response = viewer_client.get(f"/datasets/{dataset.pk}/versions/1/{side}.jsonl")
    content = b"".join(response)
    assert hashlib.sha256(content).hexdigest() == getattr(made, f"{side}_sha256")
    assert response["Content-Disposition"] == f'attachment; filename="tickets_prepared_{suffix}.jsonl"'
    assert int(response["Content-Length"]) == len(content)


@pytest.mark.parametrize(
    ("filename", "named"),
    [("tickets.csv", "tickets"), ("t.jsonl.gz", "t"), ("a.b.csv", "a.b"), ("고객.csv", "고객"), ('a"b.csv', 'a"b')],
)
def test_a_file_that_stands_alone_is_only_called_prepared(
    viewer_client: Client, dataset: Dataset, filename: str, named: str
) -> None:
    made = version_of(dataset, share=0.0)
    Dataset.objects.filter(pk=dataset.pk).update(filename=filename)
    response = viewer_client.get(f"/datasets/{dataset.pk}/versions/{made.number}/training.jsonl")
    assert response["Content-Disposition"] == content_disposition_header(True, f"{named}_prepared.jsonl")


@pytest.mark.parametrize(
    ("number", "unit", "rows"), [("10", "percent", 12), ("30", "rows", 30), ("", "rows", 0), ("0", "", 0)]
)
def test_rows_are_held_out_for_evaluation_as_a_share_or_a_number(
    member_client: Client, dataset: Dataset, number: str, unit: str, rows: int
) -> None:
    member_client.post(f"/datasets/{dataset.pk}/versions/make/", {**FORM, "held_out": number, "held_out_as": unit})
    made = Version.objects.get()
    assert (made.evaluation_rows, made.validation_rows, made.training_rows) == (rows, 30, 90 - rows)
    shown = member_client.get(made.get_absolute_url()).content.decode()
    assert ("Evaluation JSONL" in shown) is ("held out for evaluation" in shown) is bool(rows)


@pytest.mark.parametrize(("number", "unit"), [("51", "percent"), ("51", ""), ("-1", "rows"), ("x", "rows"), ("1", "weight")])
def test_a_number_to_hold_out_that_makes_no_sense_is_refused(
    member_client: Client, dataset: Dataset, number: str, unit: str
) -> None:
    data = {**FORM, "held_out": number, "held_out_as": unit}
    assert member_client.post(f"/datasets/{dataset.pk}/versions/make/", data).status_code == 422


def test_too_little_left_to_train_on_is_told(member_client: Client, dataset: Dataset) -> None:
    data = {**FORM, "held_out": "100", "held_out_as": "rows"}
    said = member_client.post(f"/datasets/{dataset.pk}/versions/make/", data, follow=True).content.decode()
    assert "too little to train on" in said
    assert not Version.objects.exists()


def test_without_validation_there_is_no_such_file(viewer_client: Client, dataset: Dataset) -> None:
    version_of(dataset, share=0.0)
    assert viewer_client.get(f"/datasets/{dataset.pk}/versions/1/validation.jsonl").status_code == 404


def test_deleting_a_version_is_audited(member_client: Client, dataset: Dataset) -> None:
    version_of(dataset)
    assert member_client.post(f"/datasets/{dataset.pk}/versions/1/delete/").status_code == 302
    assert not Version.objects.exists()
    assert AuditEntry.objects.get().action == "version.deleted"


def test_one_that_a_fine_tune_points_at_stays(member_client: Client, dataset: Dataset, people: People) -> None:
    fine_tune = trained_on(version_of(dataset), people)
    page = member_client.get(f"/datasets/{dataset.pk}/versions/1/").content.decode()
    assert "Not possible while a fine-tune points at it" in page
    assert f'href="{fine_tune.get_absolute_url()}"' in page
    assert 'action="/datasets/' + f'{dataset.pk}/versions/1/delete/"' not in page
    said = member_client.post(f"/datasets/{dataset.pk}/versions/1/delete/", follow=True).content.decode()
    assert "It cannot be deleted" in said
    assert f'<a class="link" href="{fine_tune.get_absolute_url()}">' in said
    assert Version.objects.exists()
    assert not AuditEntry.objects.exists()

"""The form of a version with validation rows of another dataset: reported first, made second."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from datasets import leaks, tasks
from datasets.models import Dataset, Version
from teams.models import AuditEntry
from tests.conftest import People
from tests.datasets.made import prepared, version_of
from tests.datasets.test_leaks import own

FORM = {"share": "20", "at_most": "1000", "seed": "7", "held_out": "0", "held_out_as": "percent"}
FRAGMENT = {"HX-Request": "true", "HX-Target": "validation"}


@pytest.fixture
def dataset(people: People) -> Dataset:
    return prepared(people.organization, people.member)


@pytest.fixture
def other(people: People) -> Version:
    return own(people)


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def look(client: Client, dataset: Dataset, other: Version, **headers: str) -> str:
    return text(client.get(f"/datasets/{dataset.pk}/versions/", {"validation_from": other.pk}, headers=headers))


def post(client: Client, dataset: Dataset, other: Version, **more: Any) -> Any:
    return client.post(f"/datasets/{dataset.pk}/versions/make/", {**FORM, "validation_from": other.pk, **more})


def test_without_another_dataset_there_is_nothing_to_choose(member_client: Client, dataset: Dataset) -> None:
    page = text(member_client.get(f"/datasets/{dataset.pk}/versions/"))
    assert 'name="validation_from"' not in page
    assert "For a validation file of your own: upload it as a dataset" in page


def test_choosing_shows_what_leaks_in_place_of_the_share(member_client: Client, dataset: Dataset, other: Version) -> None:
    page = look(member_client, dataset, other, **FRAGMENT)
    assert "<html" not in page
    assert "10 of 50 rows ask what a training row asks too." in page
    assert "Without them 40 rows are left." in page
    assert re.search(r'name="leave_out"[^>]* checked', page)
    assert 'name="share"' not in page
    assert f'name="reported" value="{other.pk}"' in page
    assert f'<option value="{other.pk}" selected>own v1 (50 rows)</option>' in page


def test_while_it_is_looked_for_only_the_part_below_the_choice_is_asked_for_again(
    member_client: Client, dataset: Dataset, other: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaks, "is_small", lambda *_of: False)
    page = look(member_client, dataset, other)
    assert len(re.findall(r'hx-trigger="every 1s"', page)) == 1
    assert re.search(r'<div class="stack" id="leaks" hx-get="[^"]+"[^>]* hx-trigger="every 1s"', page)
    part = look(member_client, dataset, other, **{"HX-Request": "true", "HX-Target": "leaks"})
    assert part.lstrip().startswith('<div class="stack" id="leaks"')
    assert "validation_from" not in part.replace("#id_validation_from", "")
    assert "Looking for rows that stand in training too" in part


def test_without_leaks_it_says_so_and_asks_nothing(member_client: Client, dataset: Dataset, people: People) -> None:
    page = look(member_client, dataset, own(people, [(f"new {n}", "billing" if n % 2 else "repair") for n in range(30)]))
    assert "none of them asks what training asks" in page
    assert 'name="leave_out"' not in page


def test_what_was_typed_before_is_kept(member_client: Client, dataset: Dataset, other: Version) -> None:
    data = {"validation_from": "", "share": "35", "at_most": "77"}
    page = text(member_client.get(f"/datasets/{dataset.pk}/versions/", data, headers=FRAGMENT))
    assert 'value="35"' in page
    assert 'value="77"' in page


def test_sent_without_having_seen_the_report_nothing_is_made_and_the_report_is_shown(
    member_client: Client, dataset: Dataset, other: Version
) -> None:
    page = text(post(member_client, dataset, other, held_out="9", held_out_as="rows"))
    assert "10 of 50 rows ask" in page
    assert re.search(r'name="leave_out"[^>]* checked', page)
    assert 'name="held_out" value="9"' in page
    assert not Version.objects.filter(dataset=dataset).exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(("more", "rows"), [({"leave_out": "on"}, 40), ({}, 50)])
def test_after_the_report_it_is_made_as_the_person_chose(
    member_client: Client, dataset: Dataset, other: Version, more: dict[str, str], rows: int
) -> None:
    assert post(member_client, dataset, other, reported=other.pk, **more).status_code == 302
    made = Version.objects.get(dataset=dataset)
    assert (made.training_rows, made.validation_rows) == (120, rows)
    assert AuditEntry.objects.get().details["validation"] == "own v1"
    page = text(member_client.get(made.get_absolute_url()))
    assert f"{rows} rows of own v1 validate." in page
    assert ("10 more were left out, because training asks the same." in page) is (rows == 40)


def test_the_share_may_be_missing_then(member_client: Client, dataset: Dataset, other: Version) -> None:
    data = {"seed": "7", "validation_from": other.pk, "reported": other.pk}
    assert member_client.post(f"/datasets/{dataset.pk}/versions/make/", data).status_code == 302


def test_a_version_of_another_organization_cannot_be_chosen(member_client: Client, dataset: Dataset, people: People) -> None:
    foreign = version_of(prepared(people.outsider.memberships.get().organization))
    answer = post(member_client, dataset, foreign, reported=foreign.pk)
    assert answer.status_code == 422
    assert "not there any more" in text(answer)
    assert "tickets v1 (" not in look(member_client, dataset, foreign)


def test_a_large_search_is_a_worker_s_while_the_page_waits(
    member_client: Client, dataset: Dataset, other: Version, monkeypatch: Any
) -> None:
    rung: list[tuple[int, int]] = []
    monkeypatch.setattr(leaks, "SMALL", 10)
    monkeypatch.setattr(tasks.look_for_leaks, "delay", lambda *pks: rung.append(pks))
    monkeypatch.setattr(transaction, "on_commit", lambda ring: ring())  # a test commits nothing
    for _second in range(2):
        page = look(member_client, dataset, other, **FRAGMENT)
        assert "Looking for rows that stand in training too" in page
        assert "every 1s" in page
        assert 'name="reported"' not in page
    assert rung == [(dataset.pk, other.pk)]
    tasks.look_for_leaks(*rung[0])
    page = look(member_client, dataset, other, **FRAGMENT)
    assert "10 of 50 rows ask" in page
    assert "every 1s" not in page


def test_without_prepared_rows_nothing_is_looked_for(member_client: Client, dataset: Dataset, other: Version) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(prepared_count=0, numbers={}, findings=[])
    assert "ask what a training row asks" not in look(member_client, dataset, other)
    tasks.look_for_leaks(dataset.pk, other.pk)
    assert not leaks.answer(dataset, other).is_there()

"""Edit, exclude and take back, through the pages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.http import HttpResponseBase
from django.test import Client

from datasets import amend, browse, by_hand
from datasets.by_hand import PLACES
from datasets.models import Dataset
from datasets.narrow import Wanted
from datasets.retype import digest
from teams.models import AuditEntry
from tests.conftest import People
from tests.datasets.made import TICKETS, prepared, version_of


@pytest.fixture
def dataset(people: People) -> Dataset:
    return prepared(people.organization, people.member)


def again(dataset: Dataset) -> Dataset:
    return Dataset.objects.get(pk=dataset.pk)


def post(client: Client, dataset: Dataset, action: str, **data: Any) -> HttpResponseBase:
    return client.post(f"/datasets/{dataset.pk}/examples/{action}/", data)


def edit(client: Client, dataset: Dataset, prompt: str, **data: Any) -> HttpResponseBase:
    was = digest(amend.before_fixes(dataset, 2 << PLACES))
    return post(client, dataset, "edit", **{"row": "2", "was": was, "text_0": prompt, "text_1": "billing", **data})


def seen(client: Client, dataset: Dataset, query: str = "") -> str:
    return client.get(f"/datasets/{dataset.pk}/examples/{query}").content.decode()


def entries() -> list[tuple[str, dict[str, Any]]]:
    return [(entry.action, entry.details) for entry in AuditEntry.objects.order_by("pk")]


def test_the_form_shows_the_row_as_it_was_before_the_fixes(member_client: Client, dataset: Dataset) -> None:
    shown = seen(member_client, dataset, "?row=2&edit=1")
    assert f"{TICKETS[0][0]}</textarea>" in shown
    assert "before the accepted fixes" in shown


def test_viewers_get_no_form(viewer_client: Client, dataset: Dataset) -> None:
    assert "edit-row" not in seen(viewer_client, dataset, "?row=2&edit=1")


def test_an_edited_row_is_shown_where_it_was_and_says_who_edited_it(member_client: Client, dataset: Dataset) -> None:
    response = edit(member_client, dataset, "two\r\nlines", q="message")
    assert (response.status_code, response.headers["Location"]) == (302, f"/datasets/{dataset.pk}/examples/?q=message&row=2")
    shown = seen(member_client, dataset, "?row=2")
    assert "Edited by Member" in shown
    row = browse.row(again(dataset), Wanted(), 2 << PLACES)
    assert row is not None
    assert row.example == {"prompt": "two\nlines ->", "completion": " billing"}
    assert entries()[-1] == ("dataset.row_edited", {"row": "2"})


def test_what_was_typed_is_kept_when_somebody_else_was_faster(member_client: Client, dataset: Dataset) -> None:
    edit(member_client, dataset, "faster")
    response = edit(member_client, again(dataset), "slower", was="0" * 16)
    shown = response.content.decode()  # type: ignore[attr-defined]
    assert response.status_code == 422
    assert "Somebody else has edited this row meanwhile" in shown
    assert "slower</textarea>" in shown
    now = digest(amend.before_fixes(again(dataset), 2 << PLACES))
    assert f'value="{now}"' in shown


def test_a_row_that_is_gone_cannot_be_edited(member_client: Client, dataset: Dataset) -> None:
    for name in ("999", "x", ""):
        assert post(member_client, dataset, "edit", row=name, text_0="x").status_code == 302
    assert again(dataset).by_hand == []


def test_excluding_one_row_goes_on_to_the_next(member_client: Client, dataset: Dataset) -> None:
    response = post(member_client, dataset, "exclude", row="3", label=" repair")
    assert response.headers["Location"] == f"/datasets/{dataset.pk}/examples/?label=+repair&row=5"
    assert again(dataset).prepared_count == 119
    shown = seen(member_client, dataset, "?row=3")
    assert "Excluded by Member" in shown
    assert "Edit</a>" not in shown
    assert entries()[-1] == ("dataset.rows_excluded", {"rows": 1, "row": "3", "shown": {}})


def test_everything_shown_is_excluded_and_comes_back_at_once(member_client: Client, dataset: Dataset) -> None:
    assert "Exclude these 60 rows" in seen(member_client, dataset, "?q=broken")
    assert "Exclude these" not in seen(member_client, dataset)
    response = post(member_client, dataset, "exclude", q="broken", revision=dataset.revision)
    assert response.headers["Location"] == f"/datasets/{dataset.pk}/examples/"
    assert again(dataset).prepared_count == 60
    assert entries()[-1] == ("dataset.rows_excluded", {"rows": 60, "row": "", "shown": {"q": "broken"}})
    checks = member_client.get(f"/datasets/{dataset.pk}/").content.decode()
    assert "60 rows were excluded by hand." in checks
    assert "“broken” in the text" in checks
    assert "Without what was done to single rows by hand" in checks
    change = again(dataset).by_hand[0]["id"]
    assert post(member_client, dataset, "restore", change=change).headers["Location"] == f"/datasets/{dataset.pk}/"
    assert again(dataset).prepared_count == 120
    assert entries()[-1] == ("dataset.by_hand_undone", {"change": "60 rows were excluded by hand."})


@pytest.mark.parametrize("data", [{}, {"revision": "x", "q": "broken"}, {"q": "broken"}, {"revision": "9" * 30, "q": "a"}])
def test_nothing_is_excluded_that_was_not_shown(member_client: Client, dataset: Dataset, data: dict[str, str]) -> None:
    assert post(member_client, dataset, "exclude", **data).status_code == 302
    assert again(dataset).prepared_count == 120


def test_an_exclusion_is_taken_back_where_the_row_was(member_client: Client, dataset: Dataset) -> None:
    post(member_client, dataset, "exclude", row="3")
    change = again(dataset).by_hand[0]["id"]
    response = post(member_client, dataset, "restore", change=change, row="3", q="broken")
    assert response.headers["Location"] == f"/datasets/{dataset.pk}/examples/?q=broken&row=3"
    assert again(dataset).prepared_count == 120
    assert post(member_client, dataset, "restore", change=change, row="3").status_code == 302


def test_a_version_says_in_words_what_was_done_by_hand(member_client: Client, dataset: Dataset) -> None:
    edit(member_client, dataset, "new")
    post(member_client, dataset, "exclude", row="3")
    made = version_of(again(dataset))
    shown = member_client.get(made.get_absolute_url()).content.decode()
    assert "Row 2 was edited by hand." in shown
    assert "Row 3 was excluded by hand." in shown


def test_older_changes_are_one_click_away_and_those_of_another_sheet_wait(member_client: Client, dataset: Dataset) -> None:
    params = {"count": 1, "keys": by_hand.packed(np.array([2 << PLACES], np.uint64)), "first": "2"}
    made = {"code": "excluded-rows", "params": params, "sheet": "other", "by": "Ada", "at": "2026-01-01T00:00:00+00:00"}
    Dataset.objects.update(by_hand=[{**made, "id": str(number)} for number in range(102)])
    checks = member_client.get(f"/datasets/{dataset.pk}/").content.decode()
    assert "102 changes by hand" in checks
    assert f'href="/datasets/{dataset.pk}/?changes=all#by-hand">Show the 2 older changes too' in checks
    assert checks.count("The file is read in another way since") == 100
    every = member_client.get(f"/datasets/{dataset.pk}/?changes=all").content.decode()
    assert every.count("The file is read in another way since") == 102

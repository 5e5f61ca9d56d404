from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datasets.models import Dataset
from tests.conftest import People
from tests.datasets.made import prepared, uploaded, version_of

LIST = "/datasets/"


def html(client: Client, address: str = LIST, **headers: str) -> str:
    return client.get(address, headers=headers).content.decode()


def test_it_shows_name_state_rows_and_version(people: People, viewer_client: Client) -> None:
    version_of(prepared(people.organization, people.member))
    page = html(viewer_client)
    for seen in ("tickets", "tickets.csv", "Ready", "120", "Classification", "v1"):
        assert seen in page


def test_without_datasets_it_says_what_to_do_and_offers_the_sample(member_client: Client) -> None:
    page = html(member_client)
    assert "A model learns from your examples." in page
    assert "Or try with our sample" in page


def test_a_viewer_is_offered_nothing_that_changes(people: People, viewer_client: Client) -> None:
    assert 'href="/datasets/upload/"' not in html(viewer_client)
    uploaded(people.organization)
    assert 'href="/datasets/upload/"' not in html(viewer_client)


def test_a_search_finds_by_name_and_gives_only_the_rows_to_htmx(people: People, member_client: Client) -> None:
    uploaded(people.organization, name="orders.csv")
    uploaded(people.organization, name="tickets.csv")
    part = html(member_client, LIST + "?q=ORD", **{"HX-Request": "true", "HX-Target": "rows"})
    assert "orders.csv" in part
    assert "tickets.csv" not in part
    assert "<html" not in part
    assert "<html" in html(member_client, LIST + "?q=ORD", **{"HX-Request": "true"})
    assert "No dataset has that in its name." in html(member_client, LIST + "?q=nothing")


def test_other_organizations_datasets_are_not_there(people: People, outsider_client: Client) -> None:
    uploaded(people.organization)
    assert "tickets" not in html(outsider_client)


def test_names_are_text_and_never_markup(people: People, member_client: Client) -> None:
    uploaded(people.organization, name="<script>alert(1)</script>.csv")
    Dataset.objects.update(name="<b>bold</b>", filename="<i>x</i>.csv")
    page = html(member_client)
    assert "<b>bold" not in page
    assert "<i>x" not in page


@pytest.mark.parametrize("rows", [1, 8])
def test_the_number_of_queries_does_not_grow_with_the_rows(people: People, member_client: Client, rows: int) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            html(member_client)
        return len(queries)

    version_of(prepared(people.organization, people.member))
    before = asked()
    for _row in range(rows):
        version_of(prepared(people.organization, people.owner))
    assert asked() == before


def test_the_list_leaves_the_large_columns_where_they_are(people: People, member_client: Client) -> None:
    prepared(people.organization)
    with CaptureQueriesContext(connection) as queries:
        html(member_client)
    assert not [query for query in queries if '"findings"' in query["sql"]]

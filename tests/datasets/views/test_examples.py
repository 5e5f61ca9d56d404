from __future__ import annotations

from django.test import Client

from tests.conftest import People
from tests.datasets.made import csv_of, prepared, uploaded


def test_examples_are_shown_as_they_are_prepared(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization)
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/").content.decode()
    assert "0: a message about a bill -&gt;" in shown
    assert "Page 1 of 5" in shown
    assert 'href="?page=2"' in shown


def test_a_search_gives_htmx_only_the_rows(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization)
    headers = {"HX-Request": "true", "HX-Target": "rows"}
    part = viewer_client.get(f"/datasets/{dataset.pk}/examples/?q=17: A", headers=headers).content.decode()
    assert "2 examples found" in part
    assert "<html" not in part


def test_hostile_examples_are_only_text(people: People, viewer_client: Client) -> None:
    rows = [("<script>alert(1)</script>" * 40, "</dd><img src=x>"), ("{{ 7|add:1 }}", "{% now %}")]
    dataset = prepared(people.organization, content=csv_of(rows))
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/?q=script").content.decode()
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_words_searched_for_come_back_as_text(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization)
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/", {"q": '"><script>'}).content.decode()
    assert '"><script>' not in shown
    assert "No example holds that." in shown


def test_before_reading_the_page_says_that_they_will_come(people: People, viewer_client: Client) -> None:
    dataset = uploaded(people.organization)
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/").content.decode()
    assert "The examples appear here as soon as they are read." in shown

from __future__ import annotations

import pytest
from django.test import Client

from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, prepared, uploaded, worked


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
    assert "2 examples of 120" in part
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
    assert "No example fits." in shown


def test_before_reading_the_page_says_that_they_will_come(people: People, viewer_client: Client) -> None:
    dataset = uploaded(people.organization)
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/").content.decode()
    assert "The examples appear here as soon as they are read." in shown


def test_the_address_says_what_is_shown_and_each_part_can_be_taken_away(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization)
    query = {"q": "broken", "label": " repair", "least": "5", "sort": "-tokens"}
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/", query).content.decode()
    assert "60 examples of 120" in shown
    assert 'value="broken"' in shown
    assert f'href="/datasets/{dataset.pk}/examples/?label=+repair&amp;least=5&amp;sort=-tokens"' in shown
    assert 'href="?q=broken&amp;label=+repair&amp;least=5&amp;sort=-tokens&amp;page=2"' in shown
    assert '<option value=" repair" selected>' in shown


def test_htmx_gets_the_part_it_asks_for_the_count_for_the_live_region_and_a_short_address(
    people: People, viewer_client: Client
) -> None:
    dataset = prepared(people.organization)
    address = f"/datasets/{dataset.pk}/examples/?q=&finding=&label=+repair&least=&most=&sort="
    response = viewer_client.get(address, headers={"HX-Request": "true", "HX-Target": "rows"})
    part = response.content.decode()
    assert '<div hx-swap-oob="innerHTML:#shown">60 examples of 120</div>' in part
    assert 'id="narrow"' not in part
    assert response.headers["HX-Push-Url"] == "?label=+repair"
    response = viewer_client.get(address, headers={"HX-Request": "true", "HX-Target": "browse"})
    assert 'id="narrow"' in response.content.decode()
    assert "hx-swap-oob" not in response.content.decode()


def test_a_finding_leads_to_its_rows(people: People, viewer_client: Client) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of([*TICKETS, TICKETS[0], TICKETS[3]])))
    checks = viewer_client.get(f"/datasets/{dataset.pk}/").content.decode()
    assert f'href="/datasets/{dataset.pk}/examples/?finding=duplicates">Show the 2 rows' in checks
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/?finding=duplicates").content.decode()
    assert "2 examples of 122" in shown
    assert [f'id="row-{line}"' in shown for line in (2, 122, 123)] == [False, True, True]


def test_a_finding_that_is_settled_shows_nothing_and_the_way_back(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization)
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/?finding=separator").content.decode()
    assert "a finding that is settled" in shown
    assert "Show all examples" in shown


def test_a_row_has_a_page_of_its_own_with_what_the_model_sees(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization)
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/?label=+repair&row=5").content.decode()
    assert '<dialog class="drawer" id="drawer" aria-labelledby="drawer-title" open>' in shown
    assert "2 of 60" in shown
    assert 'rel="prev" href="?label=+repair&amp;row=3"' in shown
    assert 'rel="next" href="?label=+repair&amp;row=7"' in shown
    assert '<mark class="separator"><span class="hidden-label">separator: </span><span class="t' in shown
    assert '<span class="badge good">learned</span>' in shown
    assert "Exclude from training" not in shown


def test_htmx_gets_only_the_row(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization)
    headers = {"HX-Request": "true", "HX-Target": "drawer-content"}
    part = viewer_client.get(f"/datasets/{dataset.pk}/examples/?row=5", headers=headers).content.decode()
    assert 'id="drawer-title"' in part
    assert "<dialog" not in part


def test_a_row_far_behind_leads_back_to_its_page(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization)
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/?row=100").content.decode()
    assert 'data-row="100" href="?page=4&amp;"' in shown


@pytest.mark.parametrize("name", ["999", "x", "", "2.9", "1" * 40])
def test_a_row_that_is_not_there_says_so(people: People, viewer_client: Client, name: str) -> None:
    dataset = prepared(people.organization)
    response = viewer_client.get(f"/datasets/{dataset.pk}/examples/", {"row": name})
    assert "This row is not among the examples" in response.content.decode()


def test_messages_have_their_roles_and_weights(people: People, viewer_client: Client) -> None:
    said = [{"role": "user", "content": "<b>?"}, {"role": "assistant", "content": "Hm", "weight": 0}]
    said += [{"role": "user", "content": "Well?"}, {"role": "assistant", "content": "Yes"}]
    content = jsonl_of([{"messages": said}] * 12)
    dataset = worked(uploaded(people.organization, content=content, name="chat.jsonl"))
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/?row=1").content.decode()
    assert shown.count('<section class="part ') == 4
    assert shown.count('<span class="badge good">learned</span>') == 1
    assert "weight 0" in shown
    assert "<b>?" not in shown


def test_a_line_break_is_seen_and_hostile_tokens_are_only_text(people: People, viewer_client: Client) -> None:
    rows = [("<script>x</script>\nnext", "<img src=x>"), ("b", "c")]
    dataset = worked(uploaded(people.organization, content=csv_of(rows)))
    shown = viewer_client.get(f"/datasets/{dataset.pk}/examples/?row=2").content.decode()
    assert "↵\n" in shown
    assert "<script>x" not in shown
    assert "<img src=x" not in shown

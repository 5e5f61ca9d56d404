"""Runs side by side: who sees which, what is drawn, and what the page says of it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connections.models import Connection
from datasets.models import Version
from finetunes import metrics
from finetunes.models import FineTune
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.conftest import new_version
from tests.finetunes.runs import run
from tests.finetunes.test_pages import HOSTILE, text


def address(*runs: FineTune | int | str, name: str = "compare", **query: Any) -> str:
    pks = [one.pk if isinstance(one, FineTune) else one for one in runs]
    return f"{reverse(f'finetunes:{name}')}?{urlencode({'run': pks, **query}, doseq=True)}"


def page(client: Client, *runs: FineTune | int | str, **query: Any) -> str:
    answer = client.get(address(*runs, **query))
    assert answer.status_code == 200
    return answer.content.decode()


def chart(client: Client, *runs: FineTune, metric: str = "training_loss", **query: Any) -> dict[str, Any]:
    answer = client.get(address(*runs, name="compare-chart", metric=metric, **query))
    assert answer.status_code == 200
    found: dict[str, Any] = orjson.loads(answer.content)
    return found


@pytest.fixture
def two(people: People, connection: Connection, version: Version) -> list[FineTune]:
    return [
        run(people, connection, version, "First", points={"training_loss": [3, 2, 1], "validation_loss": [3.5, 2.5]}),
        run(people, connection, version, "Second", points={"training_loss": [3, 1, 0.5]}, hyperparameters={"n_epochs": 8}),
    ]


class TestGates:
    @pytest.mark.parametrize("name", ["compare", "compare-chart", "compare-table"])
    def test_everyone_of_the_organization_sees_it_and_nobody_else(
        self,
        name: str,
        two: list[FineTune],
        client: Client,
        viewer_client: Client,
        member_client: Client,
        owner_client: Client,
        outsider_client: Client,
    ) -> None:
        where = address(*two, name=name, metric="training_loss")
        assert [one.get(where).status_code for one in (viewer_client, member_client, owner_client)] == [200] * 3
        assert client.get(where).status_code == 302
        assert client.post(where).status_code == 405
        elsewhere = outsider_client.get(where)
        assert elsewhere.status_code == (200 if name == "compare" else 404)
        assert "First" not in elsewhere.content.decode()

    def test_runs_of_other_organizations_are_as_unknown_as_deleted_ones(
        self, people: People, connection: Connection, two: list[FineTune], viewer_client: Client
    ) -> None:
        other = people.outsider.memberships.get().organization
        theirs = run(people, connection, None, "Theirs", organization=other, points={"training_loss": [1]})
        html = page(viewer_client, *two, theirs, 10**9, "x")
        assert "Theirs" not in html
        assert "3 fine-tunes of the address are not here" in html
        assert len(chart(viewer_client, *two, theirs)["figure"]["data"]) == 2

    def test_strange_words_in_the_address_are_no_error(self, two: list[FineTune], viewer_client: Client) -> None:
        html = page(viewer_client, *two, metric="'\"<", x="<", sort="-\u202e", only="7", page="x")
        assert "2 fine-tunes side by side" in html
        for wrong in ("nan", "inf", "x", "1e400", ""):
            assert chart(viewer_client, *two, **{"from": wrong, "to": wrong})["steps"] == 3
        assert viewer_client.get(address(*two, name="compare-chart", metric="no_such")).status_code == 404
        assert viewer_client.get(address(name="compare-chart", metric="training_loss")).status_code == 404


class TestHowMany:
    def test_one_alone_leads_to_what_it_may_be_compared_with(
        self, people: People, connection: Connection, two: list[FineTune], viewer_client: Client
    ) -> None:
        run(people, connection, new_version(people, "Other data"), "Third")
        html = page(viewer_client, two[0])
        assert "Compare First with…" in unescape(html)
        words = text(html)
        assert words.index("Trained on the same dataset") < words.index("Second") < words.index("Others, newest first")
        assert words.index("Others, newest first") < words.index("Third")
        assert re.findall(r'name="run" value="(\d+)"', html)[0] == str(two[0].pk)

    def test_without_any_the_page_says_what_to_do(self, people: People, viewer_client: Client) -> None:
        assert "There is nothing to compare with yet." in page(viewer_client)

    def test_none_chosen_offers_all(self, two: list[FineTune], viewer_client: Client) -> None:
        assert page(viewer_client).count('type="checkbox"') == 2

    def test_of_more_than_twenty_the_rest_is_named_as_left_out(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        many = [run(people, connection, version, f"Run {n:02}") for n in range(23)]
        html = page(viewer_client, *many)
        assert "At most 20 are compared at a time; 3 were left out." in html
        assert "20 fine-tunes side by side" in html
        assert "Run 19" in html
        assert "Run 20" not in html

    def test_the_same_run_twice_is_one(self, two: list[FineTune], viewer_client: Client) -> None:
        html = page(viewer_client, two[0], two[0], two[1])
        assert "2 fine-tunes side by side" in html
        assert "not here" not in html

    def test_a_run_can_be_taken_away_from_the_others(
        self, people: People, connection: Connection, two: list[FineTune], viewer_client: Client
    ) -> None:
        third = run(people, connection, None, "Third")
        links = re.findall(r'href="([^"]+)">Remove', page(viewer_client, *two, third, metric="training_loss"))
        assert [unescape(one).count("run=") for one in links] == [2, 2, 2]
        assert f"run={two[0].pk}&" not in unescape(links[0])
        assert "metric=training_loss" in links[0]


class TestList:
    def test_each_row_can_be_ticked_for_the_form_above(self, two: list[FineTune], viewer_client: Client) -> None:
        html = viewer_client.get(reverse("finetunes:list")).content.decode()
        assert (
            f'<form class="row between choosing" id="compare" method="get" action="{reverse("finetunes:compare")}"' in html
        )
        assert len(re.findall(r'type="checkbox" form="compare" name="run"', html)) == 2
        assert 'aria-label="Compare First"' in html
        assert not re.search(r'form="compare"[^>]*checked', html)

    def test_what_the_address_names_is_ticked_on_its_page_and_kept_on_others(
        self, people: People, connection: Connection, two: list[FineTune], viewer_client: Client
    ) -> None:
        for number in range(25):
            run(people, connection, None, f"Later {number}")
        newest = FineTune.objects.latest("pk")
        query = urlencode({"run": [two[0].pk, newest.pk, "x"]}, doseq=True)
        html = viewer_client.get(f"{reverse('finetunes:list')}?{query}").content.decode()
        assert re.findall(r'name="run" value="(\d+)"[^>]*checked', html) == [str(newest.pk)]
        assert re.findall(r'type="hidden" name="run" value="(\d+)"', html) == [str(two[0].pk)]
        older = unescape(re.findall(r'rel="next" href="([^"]+)"', html)[0])
        html = viewer_client.get(reverse("finetunes:list") + older).content.decode()
        assert re.findall(r'name="run" value="(\d+)"[^>]*checked', html) == [str(two[0].pk)]


class TestPage:
    def test_the_metric_and_the_axis_are_chosen_by_the_address(self, two: list[FineTune], viewer_client: Client) -> None:
        html = page(viewer_client, *two, metric="validation_loss", x="share")
        assert '<option value="validation_loss" selected>Loss, validation' in html
        assert '<option value="share" selected>' in html
        query = unescape(re.findall(r'data-plot="([^"]+)"', html)[0])
        assert query.endswith(f"run={two[0].pk}&run={two[1].pk}&metric=validation_loss&x=share")
        assert "has no such numbers" in html

    def test_a_metric_that_nobody_has_is_replaced_by_the_first(self, two: list[FineTune], viewer_client: Client) -> None:
        assert '<option value="training_loss" selected>' in page(viewer_client, *two, metric="reward")

    def test_without_numbers_settings_are_compared_all_the_same(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        html = page(viewer_client, *(run(people, connection, version, name) for name in ("A", "B")))
        assert "There is nothing to draw yet." in html
        assert "Settings and data" in html

    def test_only_the_compared_part_is_sent_when_asked_for(self, two: list[FineTune], viewer_client: Client) -> None:
        headers = {"HX-Request": "true", "HX-Target": "compared"}
        html = viewer_client.get(address(*two), headers=headers).content.decode()
        assert html.strip().startswith('<div class="stack" id="compared">')
        assert "<html" not in html

    def test_runs_that_still_train_are_said_to(
        self, people: People, connection: Connection, two: list[FineTune], viewer_client: Client
    ) -> None:
        running = run(people, connection, None, "Runs", status=Status.RUNNING)
        assert "1 of these is still under way." in page(viewer_client, *two, running)
        assert "under way" not in page(viewer_client, *two)

    def test_hostile_names_and_columns_stay_text(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        column = '"><img src=x onerror=alert(1)>'
        hostile = [
            run(people, connection, version, HOSTILE, base_model=HOSTILE, suffix=HOSTILE[:60], points={column: [1, 2]})
            for _ in range(2)
        ]
        FineTune.objects.filter(pk=hostile[0].pk).update(hyperparameters={HOSTILE: HOSTILE})
        for html in (
            page(viewer_client, *hostile, metric=column, sort=f"-last.{column}", only="0"),
            page(viewer_client, hostile[0]),
            viewer_client.get(address(*hostile, name="compare-table", metric=column)).content.decode(),
        ):
            assert HOSTILE not in html
            assert "<img" not in html
        names = {one["name"] for one in chart(viewer_client, *hostile, metric=column)["figure"]["data"]}
        assert names == {'&lt;script&gt;alert("x")&lt;/script&gt;'}

    @pytest.mark.parametrize("name", ["compare", "compare-chart"])
    def test_the_number_of_queries_does_not_grow(
        self, name: str, people: People, connection: Connection, viewer_client: Client
    ) -> None:
        many = [
            run(people, connection, new_version(people, f"Set {n}"), f"Run {n}", points={"training_loss": [2, 1]})
            for n in range(6)
        ]
        counts = []
        for runs in (many[:2], many):
            viewer_client.get(address(*runs, name=name, metric="training_loss"))
            with CaptureQueriesContext(
                database,
            ) as queries:
                assert viewer_client.get(address(*runs, name=name, metric="training_loss")).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 8

    def test_a_fine_tune_leads_here(self, two: list[FineTune], viewer_client: Client) -> None:
        html = viewer_client.get(two[0].get_absolute_url()).content.decode()
        assert f'href="{address(two[0])}"' in html


class TestTable:
    def test_it_says_what_each_had_last_reported(self, two: list[FineTune], viewer_client: Client) -> None:
        html = viewer_client.get(address(*two, name="compare-table", metric="validation_loss")).content.decode()
        assert re.findall(r'<th scope="row"[^>]*>([^<]+)</th><td[^>]*>([^<]*)</td>', html) == [
            ("least", "2.5"),
            ("greatest", "3.5"),
            ("1", "3.5"),
            ("2", "2.5"),
        ]
        assert "Second cannot be drawn over this" in html

    def test_before_its_first_and_after_its_last_step_a_run_says_nothing(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        early = run(people, connection, version, points={"training_loss": metrics.series([1, 2], [5, 4])})
        late = run(people, connection, version, points={"training_loss": metrics.series([2, 3], [7, 6])})
        html = viewer_client.get(address(early, late, name="compare-table", metric="training_loss")).content.decode()
        rows = re.findall(r"<td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td>", html)
        assert rows[2:] == [("5", ""), ("4", "7"), ("", "6")]

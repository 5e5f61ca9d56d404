"""The live rows of home and of the list: what is shown and has changed is told, and that others came or moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.db import connection as database
from django.template.loader import render_to_string
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes.live import rows
from finetunes.live import tail as tails
from finetunes.live.stream import follow_rows
from finetunes.models import FineTune
from finetunes.statuses import Status
from teams.looks import Look
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.test_stream import asay, reached, say, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "TICK", 0.01)


@dataclass
class Page:
    """A page that shows rows, as home and the list do."""

    known: dict[int, int]
    shape: str
    told: list[dict[str, Any]] = field(default_factory=list)
    moved: int = 0
    signs_of_life: int = 0

    def take(self, chunk: bytes) -> None:
        for block in chunk.decode().split("\n\n"):
            kind = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            self.moved += kind.get("event") == "moved"
            self.signs_of_life += kind.get("event") == "alive"
            if kind.get("event") == "row":
                self.told.append({**orjson.loads(kind["data"]), "revision": int(kind["id"])})


async def opened(people: People, *shown: FineTune) -> Page:
    return Page({one.pk: one.revision for one in shown}, await sync_to_async(rows.shape)(people.organization))


async def watch(people: People, page: Page, until: Callable[[Page], object], language: str = "en") -> None:
    messages = follow_rows(people.organization.pk, dict(page.known), page.shape, Look(language))
    async with asyncio.timeout(20), aclosing(messages) as chunks:
        async for chunk in chunks:
            page.take(chunk)
            if until(page):
                return


class TestRows:
    async def test_a_row_that_is_shown_comes_again_when_it_has_changed(self, people: People, fine_tune: FineTune) -> None:
        page = await opened(people, fine_tune)
        task = asyncio.create_task(watch(people, page, lambda page: page.told))
        await reached(lambda: page.signs_of_life)
        await asay(fine_tune, step=3, total_steps=9, spark=[3.0, 2.0, 1.0])
        await task
        (row,) = page.told
        assert (row["pk"], row["revision"]) == (fine_tune.pk, fine_tune.revision + 1)
        for html in (row["row"], row["running"]):
            assert 'value="33"' in html
            assert "<polyline" in html
        assert row["row"].startswith("<tr")
        assert row["running"].startswith("<li")

    async def test_a_row_that_the_page_has_already_is_not_sent(self, people: People, fine_tune: FineTune) -> None:
        page = await opened(people, fine_tune)
        await watch(people, page, lambda page: page.signs_of_life)
        assert (page.told, page.moved) == ([], 0)

    async def test_what_changed_while_nobody_was_connected_comes_at_once(self, people: People, fine_tune: FineTune) -> None:
        page = await opened(people, fine_tune)
        await asay(fine_tune, step=3, total_steps=9)
        await watch(people, page, lambda page: page.told)
        assert page.moved == 0

    async def test_a_row_that_nobody_looks_at_is_not_sent(
        self, people: People, fine_tune: FineTune, connection: Connection, version: Version
    ) -> None:
        other = await sync_to_async(new_fine_tune)(people, connection, version, suffix="other")
        page = await opened(people, other)
        task = asyncio.create_task(watch(people, page, lambda page: page.told))
        await asay(fine_tune, step=1)
        await asay(other, step=1)
        await task
        assert [row["pk"] for row in page.told] == [other.pk]

    async def test_a_new_one_is_told_of(self, people: People, connection: Connection, version: Version) -> None:
        page = await opened(people)
        task = asyncio.create_task(watch(people, page, lambda page: page.moved))
        await reached(lambda: page.signs_of_life)
        await sync_to_async(new_fine_tune)(people, connection, version)
        await task

    async def test_one_that_came_and_ended_while_nobody_was_connected_is_told_of(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        page = await opened(people)
        one = await sync_to_async(new_fine_tune)(people, connection, version)
        await asay(one, status=Status.FAILED, settled_at=timezone.now())
        await watch(people, page, lambda page: page.moved)

    @pytest.mark.parametrize(
        "change",
        [{"status": Status.RUNNING}, {"status": Status.SUCCEEDED, "settled_at": timezone.now()}, {"needs_decision": True}],
    )
    async def test_one_that_belongs_elsewhere_now_is_told_of(
        self, people: People, fine_tune: FineTune, change: dict[str, Any]
    ) -> None:
        page = await opened(people, fine_tune)
        await asay(fine_tune, **change)
        await watch(people, page, lambda page: page.moved)

    async def test_rows_of_another_organization_are_never_sent(self, people: People, fine_tune: FineTune) -> None:
        page = Page({fine_tune.pk: -1}, "")
        messages = follow_rows(people.organization.pk + 1000, page.known, "", Look())
        async with asyncio.timeout(20), aclosing(messages) as chunks:
            while not page.moved:
                page.take(await anext(chunks))
        assert page.told == []

    async def test_many_who_look_have_each_row_rendered_once(
        self, people: People, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rendered: list[list[int]] = []
        original = rows.render

        def counted(pks: Iterable[int], look: Look) -> dict[int, tuple[int, bytes]]:
            rendered.append(list(pks))
            return original(pks, look)

        monkeypatch.setattr(rows, "render", counted)
        pages = [await opened(people, fine_tune) for _ in range(20)]
        tasks = [asyncio.create_task(watch(people, page, lambda page: page.told)) for page in pages]
        await reached(lambda: all(page.signs_of_life for page in pages))
        rendered.clear()
        await asay(fine_tune, step=1)
        await asyncio.gather(*tasks)
        assert rendered == [[fine_tune.pk]]

    async def test_who_hangs_up_is_forgotten(self, people: People, fine_tune: FineTune) -> None:
        page = await opened(people, fine_tune)
        await watch(people, page, lambda page: page.signs_of_life)
        assert tails.tail().boards == {}

    async def test_those_who_come_later_do_not_have_everything_looked_at_again(
        self, people: People, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tails, "TICK", 3600.0)
        looks: list[Collection[int]] = []
        real = rows.look

        def look(runs: Collection[int], organizations: Collection[int]) -> rows.Now:
            looks.append(organizations)
            return real(runs, organizations)

        first, *others = [await opened(people, fine_tune) for _ in range(5)]
        monkeypatch.setattr(rows, "look", look)
        tasks = [asyncio.create_task(watch(people, first, lambda page: page.told))]
        await reached(lambda: first.signs_of_life)
        tasks += [asyncio.create_task(watch(people, page, lambda page: page.told)) for page in others]
        await reached(lambda: all(page.signs_of_life for page in others))
        assert looks == [{people.organization.pk}]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def test_watchers_of_two_languages_are_both_told(self, people: People, fine_tune: FineTune) -> None:
        pages = {language: await opened(people, fine_tune) for language in ("en", "de")}
        tasks = [asyncio.create_task(watch(people, page, lambda page: page.told, name)) for name, page in pages.items()]
        await reached(lambda: all(page.signs_of_life for page in pages.values()))
        await asay(fine_tune, status=Status.RUNNING)
        await asyncio.gather(*tasks)
        assert all(page.told[0]["pk"] == fine_tune.pk for page in pages.values())


class TestLook:
    @pytest.mark.parametrize("number", [1, 7])
    def test_one_question_however_many_are_watched(
        self, people: People, connection: Connection, version: Version, number: int
    ) -> None:
        made = [new_fine_tune(people, connection, version, suffix=f"n{place}") for place in range(number)]
        with CaptureQueriesContext(database) as asked:
            now = rows.look([one.pk for one in made], [people.organization.pk])
        assert len(asked) == 1
        assert now.runs == {one.pk: one.revision for one in made}

    @pytest.mark.parametrize("status", Status.values)
    @pytest.mark.parametrize("template", ["finetunes/_row.html", "home.html#running_one"])
    def test_a_row_needs_nothing_that_was_not_read_with_all_the_others(
        self, fine_tune: FineTune, status: str, template: str
    ) -> None:
        now = timezone.now()
        said: dict[str, Any] = {"trouble": "no answer", "gone_at": now, "sent_at": now, "doubt_until": now, "remote_id": ""}
        say(fine_tune, status=status, spark=[2.0, 1.0], summary={"validation_loss": {"last": 1.0}}, **said)
        one = FineTune.objects.light().get()
        with CaptureQueriesContext(database) as asked:
            assert fine_tune.name in render_to_string(template, {"fine_tune": one})
        assert [query["sql"] for query in asked] == []

    def test_what_has_settled_is_no_row_that_changes(self, people: People, fine_tune: FineTune) -> None:
        say(fine_tune, status=Status.SUCCEEDED, settled_at=timezone.now())
        assert rows.look([], [people.organization.pk]).organizations[people.organization.pk].revisions == {}


class TestPages:
    @pytest.mark.parametrize("path", ["/", "/finetunes/"])
    def test_they_name_their_rows_and_where_to_listen(self, viewer_client: Client, fine_tune: FineTune, path: str) -> None:
        html = viewer_client.get(path).content.decode()
        assert f'data-row="{fine_tune.pk}" data-revision="{fine_tune.revision}"' in html
        assert f'data-shape="{rows.shape(fine_tune.organization)}" data-stream="/finetunes/live/"' in html
        assert 'hx-trigger="every' not in html

    def test_home_draws_the_course_of_the_loss_of_what_runs(self, viewer_client: Client, fine_tune: FineTune) -> None:
        FineTune.objects.update(status=Status.RUNNING, spark=[3.0, 2.0, 1.0], step=1, total_steps=2)
        html = viewer_client.get("/").content.decode()
        assert html.count("<polyline") == 1
        assert 'max="100" value="50"' in html

    async def test_the_stream_reads_what_the_page_shows(self, people: People, fine_tune: FineTune) -> None:
        client = await signed_in(people.viewer)
        answer: Any = await client.get(f"/finetunes/live/?rows={fine_tune.pk}--1,{fine_tune.pk}-0,x,,1-2-3&shape=old")
        assert answer["Content-Type"] == "text/event-stream"
        assert answer["Cache-Control"] == "no-store"
        page = Page({}, "")
        async with asyncio.timeout(20):
            async for chunk in answer.streaming_content:
                page.take(chunk)
                if page.moved:
                    break
        await answer.streaming_content.aclose()
        assert page.told == []

    async def test_strangers_are_sent_to_sign_in(self, people: People) -> None:
        assert (await AsyncClient().get("/finetunes/live/")).status_code == 302

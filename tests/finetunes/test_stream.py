"""The live stream: every line once and in order, wherever it broke off, and an end when all is over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.db.models import F
from django.test import AsyncClient
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes.live import frames, rows, shared, stream, watchers
from finetunes.live import tail as tails
from finetunes.live.stream import Seen, follow
from finetunes.live.watchers import Watcher
from finetunes.models import Event, FineTune
from finetunes.statuses import Status
from teams import sessions
from teams.looks import Look
from teams.models import Membership, User
from tests import conftest
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "TICK", 0.01)


@dataclass
class Browser:
    """Reads a stream as an EventSource does."""

    id: str = ""
    lines: list[str] = field(default_factory=list)
    ordinals: list[int] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    signs_of_life: int = 0
    ended: bool = False

    @property
    def seen(self) -> Seen:
        return Seen.of(self.id) or Seen()

    @property
    def status(self) -> str:
        return next((one["parts"]["status"] for one in reversed(self.parts) if "status" in one["parts"]), "")

    def take(self, chunk: bytes) -> None:
        for block in chunk.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":")
            if "event" in fields:
                self._message(fields["event"], orjson.loads(fields["data"]), fields.get("id"))

    def _message(self, event: str, data: dict[str, Any], id: str | None) -> None:
        if event == "line":
            assert id
            self.ordinals.append(int(id))
            self.lines.append(data["html"])
        elif event == "parts":
            self.parts.append(data)
        self.signs_of_life += event == "alive"
        self.ended = self.ended or event == "end"
        self.id = id or self.id


async def watch(pk: int, browser: Browser, until: Callable[[Browser], bool], language: str = "en") -> None:
    """Read the stream until the browser has seen enough, then hang up."""
    async with asyncio.timeout(20), aclosing(follow(pk, browser.seen, Look(language))) as chunks:
        async for chunk in chunks:
            browser.take(chunk)
            if until(browser):
                return


def say(fine_tune: FineTune, *messages: str, **values: Any) -> None:
    last = fine_tune.events.count()
    for place, message in enumerate(messages, start=last + 1):
        kind = "metrics" if message.startswith("Step") else "message"
        Event.objects.create(fine_tune=fine_tune, ordinal=place, key=str(place), message=message, type=kind, level="info")
    count = last + len(messages)
    FineTune.objects.filter(pk=fine_tune.pk).update(last_event=count, revision=F("revision") + 1, **values)


asay = sync_to_async(say)


async def reached(state: Callable[[], object]) -> None:
    """Wait until the state is reached."""
    for _ in range(2000):
        if state():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("waited in vain")


class TestFollow:
    async def test_it_begins_with_what_came_after_the_cursor(self, fine_tune: FineTune) -> None:
        await asay(fine_tune, "one", "two", "three")
        browser = Browser(id="1")
        await watch(fine_tune.pk, browser, lambda seen: bool(seen.parts))
        assert browser.ordinals == [2, 3]

    async def test_what_happens_then_is_told(self, fine_tune: FineTune) -> None:
        browser = Browser()
        task = asyncio.create_task(watch(fine_tune.pk, browser, lambda seen: len(seen.lines) == 3))
        for number, message in enumerate(("one", "two", "three")):
            await reached(lambda number=number: browser.parts and len(browser.lines) == number)  # type: ignore[misc]
            await asay(fine_tune, message)
        await task
        assert browser.ordinals == [1, 2, 3]
        assert "two" in browser.lines[1]

    async def test_it_ends_by_itself_when_all_is_over(self, fine_tune: FineTune) -> None:
        browser = Browser()
        task = asyncio.create_task(watch(fine_tune.pk, browser, lambda seen: False))
        await reached(lambda: browser.parts)
        await asay(fine_tune, "done", status=Status.SUCCEEDED, settled_at=timezone.now())
        await task
        assert browser.ended
        assert browser.ordinals == [1]
        assert "Succeeded" in browser.status
        assert browser.parts[-1]["state"] == "succeeded"

    async def test_one_that_is_over_is_told_and_ended_at_once(self, fine_tune: FineTune) -> None:
        await asay(fine_tune, "one", status=Status.FAILED, error="It broke", settled_at=timezone.now())
        browser = Browser()
        await watch(fine_tune.pk, browser, lambda seen: False)
        assert browser.ended
        assert "It broke" in browser.parts[0]["parts"]["outcome"]

    async def test_a_change_of_status_without_an_event_is_told(self, fine_tune: FineTune) -> None:
        browser = Browser()
        task = asyncio.create_task(watch(fine_tune.pk, browser, lambda seen: "Running" in seen.status))
        await reached(lambda: browser.parts)
        await asay(fine_tune, status=Status.RUNNING)
        await task
        assert browser.parts[-1]["state"] == "active"

    async def test_measurements_move_the_cursor_without_a_line(self, fine_tune: FineTune) -> None:
        await asay(fine_tune, "one", "Step 1/9", "Step 2/9")
        browser = Browser()
        await watch(fine_tune.pk, browser, lambda seen: bool(seen.parts))
        assert browser.ordinals == [1]
        assert browser.seen.cursor == 3

    async def test_a_long_history_comes_in_pages_and_whole(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(frames, "PAGE", 7)
        await asay(fine_tune, *(f"line {number}" for number in range(30)))
        browser = Browser()
        await watch(fine_tune.pk, browser, lambda seen: len(seen.lines) >= 30)
        assert browser.ordinals == list(range(1, 31))

    async def test_a_burst_longer_than_a_page_comes_whole(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(frames, "PAGE", 5)
        browser = Browser()
        task = asyncio.create_task(watch(fine_tune.pk, browser, lambda seen: len(seen.lines) >= 23))
        await reached(lambda: browser.parts)
        await asay(fine_tune, *(f"line {number}" for number in range(23)))
        await task
        assert browser.ordinals == list(range(1, 24))

    async def test_hostile_messages_arrive_as_text_on_one_line(self, fine_tune: FineTune) -> None:
        await asay(fine_tune, '<script>alert("x")</script>\n\nevent: end\ndata: {}\n\n')
        browser = Browser()
        await watch(fine_tune.pk, browser, lambda seen: bool(seen.parts))
        assert not browser.ended
        assert "<script>" not in browser.lines[0]

    async def test_silence_is_filled_with_signs_of_life(self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tails, "QUIET", 0.02)
        browser = Browser()
        await watch(fine_tune.pk, browser, lambda seen: seen.signs_of_life >= 3)
        assert not browser.ended

    async def test_a_very_long_stream_breaks_off_so_that_rights_are_looked_at_again(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream, "LONGEST", 0.05)
        monkeypatch.setattr(tails, "QUIET", 0.01)
        browser = Browser()
        await watch(fine_tune.pk, browser, lambda seen: False)
        assert not browser.ended


def watching(user: User) -> Watcher:
    """Sign the person in, in a browser of its own."""
    key = conftest.signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    return Watcher(Membership.objects.get(user=user).pk, key)


class TestRights:
    @pytest.fixture(autouse=True)
    def often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tails, "RIGHTS", 0.02)

    async def looked(self, fine_tune: FineTune, who: Watcher, browser: Browser) -> None:
        async with asyncio.timeout(20), aclosing(follow(fine_tune.pk, browser.seen, Look(), who)) as chunks:
            async for chunk in chunks:
                browser.take(chunk)

    @pytest.mark.parametrize("how", ["removed", "deactivated", "signed out there"])
    async def test_who_may_look_no_more_is_cut_off_soon(self, people: People, fine_tune: FineTune, how: str) -> None:
        removed, stays = [await sync_to_async(watching)(user) for user in (people.viewer, people.member)]
        theirs, others = Browser(), Browser()
        tasks = [
            asyncio.create_task(self.looked(fine_tune, one, browser))
            for one, browser in ((removed, theirs), (stays, others))
        ]
        await reached(lambda: theirs.parts and others.parts)
        if how == "removed":
            await Membership.objects.filter(pk=removed.membership).adelete()
        elif how == "signed out there":
            await Session.objects.filter(pk=removed.session).adelete()
        else:
            await User.objects.filter(pk=people.viewer.pk).aupdate(is_active=False)
        await tasks[0]
        assert not theirs.ended, "so the browser comes again, and is refused"
        await asay(fine_tune, "news")
        await reached(lambda: others.lines)
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)
        assert tails.tail().lost == set()

    async def test_one_session_is_ended_and_the_persons_others_look_on(self, people: People, fine_tune: FineTune) -> None:
        """As on the page of settings: one browser is signed out, by another."""
        ended, stays = [await sync_to_async(watching)(people.member) for _browser in range(2)]
        theirs, others = Browser(), Browser()
        tasks = [asyncio.create_task(self.looked(fine_tune, *one)) for one in ((ended, theirs), (stays, others))]
        await reached(lambda: theirs.parts and others.parts)
        listed = await UserSession.objects.acreate(user=people.member, session_key=ended.session, ip="192.0.2.7")
        assert await sync_to_async(sessions.end)(people.member, but=stays.session, only=listed.pk) == 1
        await tasks[0]
        await asay(fine_tune, "news")
        await reached(lambda: others.lines)
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)

    async def test_one_question_is_enough_for_all(self, people: People, fine_tune: FineTune, monkeypatch: Any) -> None:
        asked: list[set[Watcher]] = []

        def counted(here: set[Watcher]) -> set[Watcher]:
            asked.append(here)
            return here

        monkeypatch.setattr(watchers, "still_there", counted)
        members = [await sync_to_async(watching)(user) for user in (people.viewer, people.member, people.owner)]
        tasks = [asyncio.create_task(self.looked(fine_tune, one, Browser())) for one in members for _ in range(3)]
        await reached(lambda: set(members) in asked)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class TestResume:
    async def test_a_connection_cut_again_and_again_loses_and_doubles_nothing(self, fine_tune: FineTune) -> None:
        browser = Browser()

        async def speak() -> None:
            for number in range(60):
                await asay(fine_tune, f"line {number}")
            await asay(fine_tune, "over", status=Status.SUCCEEDED, settled_at=timezone.now())

        speaking = asyncio.create_task(speak())
        while not browser.ended:
            seen = len(browser.lines)
            await watch(fine_tune.pk, browser, lambda now, seen=seen: now.ended or len(now.lines) >= seen + 4)  # type: ignore[misc]
        await speaking
        assert browser.ordinals == list(range(1, 62))

    async def test_many_watchers_see_the_same_and_the_database_is_asked_once(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[int] = []

        def counted(pk: int, after: int, look: Look) -> frames.Frame:
            asked.append(pk)
            return original(pk, after, look)

        original = frames.frame
        monkeypatch.setattr(frames, "frame", counted)
        await asay(fine_tune, "old")
        browsers = [Browser() for _ in range(20)]
        tasks = [asyncio.create_task(watch(fine_tune.pk, one, lambda seen: len(seen.lines) >= 2)) for one in browsers]
        await reached(lambda: all(one.parts for one in browsers))
        assert len(asked) == 1, "those who come together are told from one look"
        await asay(fine_tune, "news")
        await asyncio.gather(*tasks)
        assert all(one.ordinals == [1, 2] for one in browsers)
        assert len(asked) == 2

    async def test_many_who_come_from_long_ago_have_the_old_events_read_once(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shared, "BLOCK", 5)
        monkeypatch.setattr(tails, "BLOCK", 5)
        blocks: list[int] = []

        def counted(pk: int, after: int, upto: int, look: Look) -> frames.Lines:
            blocks.append(after)
            return original(pk, after, upto, look)

        original = frames.older
        monkeypatch.setattr(frames, "older", counted)
        await asay(fine_tune, *(f"line {number}" for number in range(23)))
        browsers = [Browser(id=str(number % 4) if number % 4 else "") for number in range(20)]
        await asyncio.gather(*(watch(fine_tune.pk, one, lambda seen: bool(seen.parts)) for one in browsers))
        assert all(one.ordinals == list(range(number % 4 + 1, 24)) for number, one in enumerate(browsers))
        assert blocks == [0, 5, 10]

    async def test_watchers_of_two_languages_each_read_their_own(self, fine_tune: FineTune) -> None:
        browsers = {language: Browser() for language in ("en", "de")}
        tasks = [
            asyncio.create_task(watch(fine_tune.pk, one, lambda seen: len(seen.lines) >= 1, language))
            for language, one in browsers.items()
        ]
        await reached(lambda: all(one.parts for one in browsers.values()))
        await asay(fine_tune, "news")
        await asyncio.gather(*tasks)
        assert all(one.ordinals == [1] for one in browsers.values())

    async def test_watchers_with_two_looks_each_read_their_own(self, fine_tune: FineTune) -> None:
        await asay(fine_tune, step=1234, total_steps=5678)
        chosen = {"1,234": Look(), "1.234": Look(numbers="dot")}
        for number, look in chosen.items():
            one = Browser()
            async with asyncio.timeout(20), aclosing(follow(fine_tune.pk, one.seen, look)) as chunks:
                async for chunk in chunks:
                    one.take(chunk)
                    if one.parts:
                        break
            assert number in str(one.parts[0]["parts"])

    async def test_who_comes_just_as_the_last_one_goes_is_served(self, fine_tune: FineTune) -> None:
        for _ in range(100):
            await watch(fine_tune.pk, Browser(), lambda seen: bool(seen.parts))
            await asyncio.sleep(random.uniform(0, 0.012))

    async def test_who_hangs_up_is_forgotten(self, fine_tune: FineTune) -> None:
        await watch(fine_tune.pk, Browser(), lambda seen: bool(seen.parts))
        assert tails.tail().runs == {}

    async def test_one_who_is_slow_is_told_everything_from_older_blocks(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shared, "BLOCK", 5)
        monkeypatch.setattr(tails, "BLOCK", 5)
        slow, quick = Browser(), Browser()
        async with asyncio.timeout(20), aclosing(follow(fine_tune.pk, slow.seen, Look())) as chunks:
            while not slow.parts:
                slow.take(await anext(chunks))
            reading = asyncio.create_task(watch(fine_tune.pk, quick, lambda seen: len(seen.lines) >= 60))
            for number in range(60):
                await asay(fine_tune, f"line {number}")
                await reached(lambda number=number: len(quick.lines) > number)  # type: ignore[misc]
            await reading
            while len(slow.lines) < 60:
                slow.take(await anext(chunks))
        assert slow.ordinals == quick.ordinals == list(range(1, 61))

    async def test_only_the_parts_that_changed_are_sent_again(self, fine_tune: FineTune) -> None:
        browser = Browser()
        task = asyncio.create_task(watch(fine_tune.pk, browser, lambda seen: bool(seen.ordinals)))
        await reached(lambda: browser.parts)
        await asay(fine_tune, "news", step=3, total_steps=9)
        await task
        await watch(fine_tune.pk, browser, lambda seen: len(seen.parts) > 1)
        assert set(browser.parts[0]["parts"]) == set(frames.PARTS)
        assert "status" not in browser.parts[1]["parts"]
        assert browser.id == "1-1"

    async def test_who_comes_again_and_has_everything_is_sent_nothing(self, fine_tune: FineTune) -> None:
        browser = Browser()
        await watch(fine_tune.pk, browser, lambda seen: bool(seen.parts))
        again = Browser(id=browser.id)
        await watch(fine_tune.pk, again, lambda seen: bool(seen.signs_of_life))
        assert again.parts == []

    async def test_a_process_that_is_behind_another_sends_nothing_old(self, fine_tune: FineTune) -> None:
        run = shared.Run(fine_tune.pk, Look())
        run.take(await sync_to_async(frames.frame)(fine_tune.pk, 0, Look()))
        assert run.since(5, 7) == b""

    async def test_one_that_cannot_be_shown_does_not_keep_others_from_being_told(
        self, people: People, connection: Connection, version: Version, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad, good = [await sync_to_async(new_fine_tune)(people, connection, version, suffix=name) for name in ("a", "b")]

        def broken(pk: int, after: int, look: Look) -> frames.Frame:
            if pk == bad.pk:
                raise ValueError
            return original(pk, after, look)

        original = frames.frame
        monkeypatch.setattr(frames, "frame", broken)
        vain = asyncio.create_task(watch(bad.pk, Browser(), lambda seen: False))
        browser = Browser()
        await watch(good.pk, browser, lambda seen: bool(seen.parts))
        vain.cancel()
        assert browser.parts

    async def test_one_that_is_deleted_ends(self, fine_tune: FineTune) -> None:
        browser = Browser()
        task = asyncio.create_task(watch(fine_tune.pk, browser, lambda seen: False))
        await reached(lambda: browser.parts)
        await sync_to_async(FineTune.objects.filter(pk=fine_tune.pk).delete)()
        await task
        assert browser.ended

    async def test_a_database_that_fails_for_a_moment_is_asked_again(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original, failures = rows.look, iter([True, True])
        failed = []

        def shaky(runs: Any, organizations: Any) -> rows.Now:
            if next(failures, False):
                failed.append(runs)
                raise OSError
            return original(runs, organizations)

        monkeypatch.setattr(rows, "look", shaky)
        browser = Browser()
        task = asyncio.create_task(watch(fine_tune.pk, browser, lambda seen: len(seen.lines) >= 1))
        await reached(lambda: len(failed) == 2)
        await asay(fine_tune, "news")
        await task
        assert browser.ordinals == [1]


class TestWatched:
    async def change(self, fine_tune: FineTune, **values: Any) -> None:
        await FineTune.objects.filter(pk=fine_tune.pk).aupdate(**values)

    async def now(self, fine_tune: FineTune) -> FineTune:
        return await FineTune.objects.aget(pk=fine_tune.pk)

    async def test_what_somebody_watches_is_asked_about_soon(self, fine_tune: FineTune) -> None:
        await self.change(fine_tune, status=Status.QUEUED, due_at=timezone.now() + timedelta(minutes=1))
        await noted(fine_tune)
        row = await self.now(fine_tune)
        assert row.is_watched
        assert row.due_at
        assert row.due_at < timezone.now() + timedelta(seconds=6)

    async def test_one_that_backs_off_is_left_to_its_pace(self, fine_tune: FineTune) -> None:
        later = timezone.now() + timedelta(minutes=1)
        await self.change(fine_tune, status=Status.RUNNING, due_at=later, failures=3)
        await noted(fine_tune)
        assert (await self.now(fine_tune)).due_at == later

    async def test_it_is_noted_again_only_after_a_while(self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch) -> None:
        noted: list[list[int]] = []
        monkeypatch.setattr(type(FineTune.objects), "watched", lambda self, pks: noted.append(list(pks)), raising=False)
        one = tails.Tail()
        one.runs = {(fine_tune.pk, Look()): shared.Run(fine_tune.pk, Look())}
        for _ in range(3):
            one._note()
            await reached(lambda: one._noting and one._noting.done())
        assert noted == [[fine_tune.pk]]
        monkeypatch.setattr(tails, "NOTED", 0.0)
        one._note()
        await reached(lambda: len(noted) == 2)

    async def test_a_note_that_failed_is_tried_again_at_the_next_look(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original, failures = type(FineTune.objects).watched, iter([True, True])

        def shaky(self: Any, pks: list[int]) -> None:
            if next(failures, False):
                raise OperationalError
            original(self, pks)

        monkeypatch.setattr(type(FineTune.objects), "watched", shaky)
        await noted(fine_tune)
        assert (await self.now(fine_tune)).is_watched


async def noted(fine_tune: FineTune) -> None:
    """Follow until the note is there: the first look at the page may be quicker than it."""
    browser = Browser()
    task = asyncio.create_task(watch(fine_tune.pk, browser, lambda seen: False))
    for _ in range(2000):
        if (await FineTune.objects.aget(pk=fine_tune.pk)).watched_until:
            break
        await asyncio.sleep(0.005)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def signed_in(user: User) -> AsyncClient:
    client = AsyncClient()
    await sync_to_async(client.force_login)(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


async def whole(response: Any) -> bytes:
    chunks: AsyncIterator[bytes] = response.streaming_content
    return b"".join([chunk async for chunk in chunks])


class TestView:
    async def over(self, fine_tune: FineTune) -> str:
        await asay(fine_tune, "one", "two", "three", status=Status.SUCCEEDED, settled_at=timezone.now())
        return f"/finetunes/{fine_tune.pk}/stream/"

    async def test_it_is_an_event_stream_that_nobody_buffers(self, people: People, fine_tune: FineTune) -> None:
        client = await signed_in(people.viewer)
        answer = await client.get(await self.over(fine_tune))
        assert answer["Content-Type"] == "text/event-stream"
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Accel-Buffering"] == "no"
        body = await whole(answer)
        assert body.endswith(b"event: end\ndata: {}\n\n")

    @pytest.mark.parametrize(
        ("headers", "query", "ordinals"),
        [
            ({}, "", [1, 2, 3]),
            ({}, "?after=2", [3]),
            ({"Last-Event-ID": "1"}, "?after=0", [2, 3]),
            ({"Last-Event-ID": "3"}, "", []),
            ({"Last-Event-ID": "nonsense"}, "?after=2", [3]),
            ({}, "?after=-1", [1, 2, 3]),
            ({}, "?after=99999999999999999999", [1, 2, 3]),
        ],
    )
    async def test_it_goes_on_where_the_browser_was(
        self, people: People, fine_tune: FineTune, headers: dict[str, str], query: str, ordinals: list[int]
    ) -> None:
        client = await signed_in(people.viewer)
        answer = await client.get(await self.over(fine_tune) + query, headers=headers)
        browser = Browser()
        browser.take(await whole(answer))
        assert browser.ordinals == ordinals

    async def test_outsiders_and_strangers_get_nothing(self, people: People, fine_tune: FineTune) -> None:
        url = await self.over(fine_tune)
        assert (await (await signed_in(people.outsider)).get(url)).status_code == 404
        assert (await AsyncClient().get(url)).status_code == 302

    async def test_the_page_and_the_stream_agree(self, people: People, fine_tune: FineTune) -> None:
        url = await self.over(fine_tune)
        client = await signed_in(people.viewer)
        page = (await client.get(fine_tune.get_absolute_url())).content.decode()
        browser = Browser()
        browser.take(await whole(await client.get(url)))
        for line in browser.lines:
            assert line.strip() in page

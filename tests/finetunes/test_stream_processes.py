"""Real web processes beside each other: no stream needs the same one twice, and one that is killed loses nothing."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from finetunes.models import FineTune
from finetunes.statuses import Status
from tests.conftest import People
from tests.conftest import signed_in as client_of
from tests.finetunes.test_stream import Browser
from tests.servers import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live, pytest.mark.timeout(180)]

EVENT = """INSERT INTO finetunes_event (fine_tune_id, ordinal, key, level, type, message, raw, created_at)
VALUES (%s, %s, %s, 'info', 'message', %s, '{}', %s)"""
LAST = "UPDATE finetunes_finetune SET last_event = %s, revision = revision + 1 WHERE id = %s"
OVER = "UPDATE finetunes_finetune SET status = %s, settled_at = %s, revision = revision + 1 WHERE id = %s"


@dataclass
class Database:
    """The tests' database as other processes see it: PostgreSQL's own, or a file with what is in SQLite's memory."""

    file: Path | None

    @property
    def address(self) -> str:
        if self.file:
            return f"sqlite://{self.file}"
        one = database.settings_dict
        return f"postgres://{one['USER']}:{one['PASSWORD']}@{one['HOST']}:{one['PORT']}/{one['NAME']}"

    def write(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        """Write all statements at once, as a worker does."""
        if self.file is None:
            with transaction.atomic(), database.cursor() as cursor:
                for sql, values in statements:
                    cursor.execute(sql, values)
            return
        with sqlite3.connect(self.file, timeout=30) as file:
            for sql, values in statements:
                file.execute(sql.replace("%s", "?"), [str(value) if hasattr(value, "tzinfo") else value for value in values])
        file.close()

    def say(self, pk: int, ordinal: int) -> None:
        event = (EVENT, (pk, ordinal, f"e{ordinal}", f"line {ordinal}", timezone.now()))
        self.write(event, (LAST, (ordinal, pk)))


@dataclass
class Web:
    address: str
    data: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Web:
        own = {"TUNEDECK_DATA": str(self.data), "DATABASE_URL": self.address, "DJANGO_SETTINGS_MODULE": "config.settings"}
        own["TUNEDECK_SECRET_KEY"] = settings.SECRET_KEY
        serve = ["uvicorn", "--no-access-log", "--lifespan", "off", "--log-level", "warning", "--port", str(self.port)]
        command = [sys.executable, "-m", *serve, "config.asgi:application"]
        self.process = subprocess.Popen(command, cwd=settings.ROOT, env={**os.environ, **own})
        return self

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


@pytest.fixture
def seen_by_others(fine_tune: FineTune, people: People, tmp_path: Path) -> Iterator[Database]:
    if database.vendor != "sqlite":
        yield Database(None)
        return
    database.ensure_connection()
    file = sqlite3.connect(tmp_path / "shared.sqlite3")
    database.connection.backup(file)
    file.execute("PRAGMA journal_mode=WAL")
    file.close()
    yield Database(tmp_path / "shared.sqlite3")


@pytest.fixture
def cookie(people: People) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={client_of(people.viewer).cookies[settings.SESSION_COOKIE_NAME].value}"


@dataclass
class Watcher:
    """A browser behind a proxy without sticky sessions: whenever a stream breaks off it comes to some process."""

    browser: Browser = field(default_factory=Browser)
    rest: bytes = b""
    broken: int = 0

    async def follow(self, pk: int, ports: list[int], cookie: str) -> None:
        async with httpx.AsyncClient(headers={"Cookie": cookie}, timeout=30) as client:
            while not self.browser.ended:
                with suppress(httpx.TransportError):
                    await self._once(client, f"http://127.0.0.1:{random.choice(ports)}/finetunes/{pk}/stream/")
                self.broken += not self.browser.ended
                await asyncio.sleep(0.05)  # as an EventSource pauses before it comes again

    async def _once(self, client: httpx.AsyncClient, url: str) -> None:
        self.rest = b""
        async with client.stream("GET", url, headers={"Last-Event-ID": self.browser.id}) as answer:
            assert answer.status_code == 200
            async for chunk in answer.aiter_raw():
                whole, _, self.rest = (self.rest + chunk).rpartition(b"\n\n")
                self.browser.take(whole + b"\n\n" if whole else b"")


async def test_processes_that_are_killed_and_started_again_lose_and_double_nothing(
    fine_tune: FineTune, cookie: str, seen_by_others: Database, tmp_path: Path
) -> None:
    webs = [Web(seen_by_others.address, tmp_path).start() for _ in range(2)]
    watchers = [Watcher() for _ in range(6)]
    ports = [web.port for web in webs]
    tasks = [asyncio.create_task(one.follow(fine_tune.pk, ports, cookie)) for one in watchers]
    try:
        async with asyncio.timeout(150):
            ordinal = 0
            for doomed in (webs[0], webs[1], webs[0]):
                await all_have(watchers, ordinal)
                for _ in range(5):
                    ordinal += 1
                    await sync_to_async(seen_by_others.say)(fine_tune.pk, ordinal)
                doomed.kill()
                for _ in range(5):
                    ordinal += 1
                    await sync_to_async(seen_by_others.say)(fine_tune.pk, ordinal)
                doomed.start()
            await sync_to_async(seen_by_others.write)((OVER, (Status.SUCCEEDED.value, timezone.now(), fine_tune.pk)))
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        for web in webs:
            web.kill()
    assert all(one.browser.ordinals == list(range(1, ordinal + 1)) for one in watchers)
    assert all("Succeeded" in one.browser.status for one in watchers)
    assert any(one.broken for one in watchers)


async def all_have(watchers: list[Watcher], ordinal: int) -> None:
    for _ in range(2000):
        if all(one.browser.parts and one.browser.seen.cursor >= ordinal for one in watchers):
            return
        await asyncio.sleep(0.05)

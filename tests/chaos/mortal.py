"""The product on a PostgreSQL and a Redis that are killed and brought back while it is at work."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.chaos.looking import kill
from tests.chaos.person import OWNER
from tests.product import Product, wait_for
from tests.servers import address_of, cluster, free_port, redis_command, wait_for_database, wait_for_port

TRY_AGAIN = 30.0
LONGEST_RECOVERY = 120.0
"""Seconds after which a test stops to wait for what did not come back; what is allowed is for each to say."""


@dataclass
class Server:
    """A server that can die: what it kept on disk is there again when it comes back."""

    command: list[str]
    port: int
    user: str | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; PostgreSQL refuses for as long as processes of the one that was killed are still ending."""
        deadline = time.monotonic() + TRY_AGAIN
        while not self._started():
            assert time.monotonic() < deadline, f"{self.command[0]} does not start again"
            time.sleep(0.1)

    def _started(self) -> bool:
        self.process = subprocess.Popen(
            self.command, user=self.user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            (wait_for_database if self.user or "postgres" in self.command[0] else wait_for_port)(self.port)
        except (psycopg.OperationalError, TimeoutError):
            self.process.kill()
            self.process.wait()
        return self.process.poll() is None

    def kill(self) -> None:
        assert self.process
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


class Shared(Product):
    """The product with its rows on PostgreSQL."""

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings["DATABASE_URL"]) as database:
            return database.execute(query.replace("?", "%s"), values).fetchall()


@dataclass
class Deployment:
    product: Shared
    postgresql: Server
    redis: Server

    def told(self) -> int:
        """How many events of fine-tunes have come to the dashboard, or -1 while nobody can say."""
        try:
            return int(self.product.rows("select count(*) from finetunes_event")[0][0])
        except psycopg.OperationalError:
            return -1

    def shows_pages(self) -> bool:
        return self._is_well("/accounts/login/")

    def is_healthy(self) -> bool:
        """Whether the health page names no part that stays away."""
        return self._is_well("/healthz")

    def _is_well(self, path: str) -> bool:
        try:
            return httpx.get(f"{self.product.address}{path}", timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def killed(self, name: str, *growing: Callable[[], int]) -> dict[str, float]:
        """Kill a process; return how many seconds later another one does its work, as far as one can see."""
        begun = time.monotonic()
        kill(self.product, name)
        return self.recovered(*growing, begun=begun)

    def recovered(self, *growing: Callable[[], int], begun: float | None = None) -> dict[str, float]:
        """Return how many seconds it takes, since `begun` or now, until what is due again is there again, by its name.

        Events of fine-tunes come, and what else grows by itself goes on growing: each counts what there is of it, and
        says -1 as long as nobody can tell.
        """
        begun = begun or time.monotonic()
        grow = {count.__name__: (count, count()) for count in (self.told, *growing)}
        missing: dict[str, Callable[[], bool]] = {"pages": self.shows_pages, "health": self.is_healthy}
        missing |= {name: lambda count=count, before=before: count() > before for name, (count, before) in grow.items()}  # type: ignore[misc]
        found: dict[str, float] = {}

        def look() -> bool:
            for name in [name for name in missing if missing[name]()]:
                found[name] = time.monotonic() - begun
                del missing[name]
            return not missing

        try:
            wait_for(look, "a recovery", LONGEST_RECOVERY)
        except AssertionError as error:
            raise AssertionError(f"{error}: only {found}, not {list(missing)}\n{self.product.logs()}") from None
        return found


@contextmanager
def deployment(data: Path, **settings: str) -> Iterator[Deployment]:
    """Start servers and product; what the fine-tunes do is for those who ask."""
    with ExitStack() as stack:
        command, port, user = stack.enter_context(cluster())
        redis_port = free_port()
        servers = Server(command, port, user), Server(redis_command(redis_port), redis_port)
        for server in servers:
            server.start()
            stack.callback(server.end)
        own = {"TUNEDECK_OWNER_EMAIL": OWNER[0], "TUNEDECK_OWNER_PASSWORD": OWNER[1], "TUNEDECK_SAMPLE": "0"}
        own |= {"DATABASE_URL": address_of(port), "CELERY_BROKER_URL": f"redis://127.0.0.1:{redis_port}/0"}
        product = Shared(data, settings=own | settings)
        product.start()
        stack.callback(product.end)
        yield Deployment(product, *servers)

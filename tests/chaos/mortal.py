"""The product on a PostgreSQL and a Redis that are killed and brought back while it is at work."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.chaos.person import OWNER
from tests.product import Product, wait_for
from tests.servers import address_of, cluster, free_port, redis_command, wait_for_database, wait_for_port

TRY_AGAIN = 30.0


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

    def answers(self) -> bool:
        """Whether a page and the health page are as they should be; a part that stays away is named by the latter."""
        try:
            page = httpx.get(f"{self.product.address}/accounts/login/", timeout=5).status_code
            return page == 200 and httpx.get(f"{self.product.address}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def recovered(self, before: int) -> float:
        """Return how many seconds it takes from now on until pages answer and events of fine-tunes come again."""
        begun = time.monotonic()
        wait_for(lambda: self.told() > before and self.answers(), "pages, and events that come again", 120)
        return time.monotonic() - begun


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

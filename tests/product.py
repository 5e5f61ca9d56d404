"""The whole product as a person starts it: `manage.py run` in its own data folder, driven from outside."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.servers import free_port
from tests.tables import DATABASE, copied

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
EMAIL, PASSWORD = "owner@example.com", "correct horse battery staple"
OWNED = {"TUNEDECK_OWNER_EMAIL": EMAIL, "TUNEDECK_OWNER_PASSWORD": PASSWORD}
PLAIN = {"DATABASE_URL": "", "CELERY_BROKER_URL": "files://"}


@dataclass
class Product:
    data: Path
    port: int = field(default_factory=free_port)
    trainer_port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {
            key: value for key, value in os.environ.items() if key not in {"DJANGO_SETTINGS_MODULE", "TUNEDECK_DATA"}
        }
        own = {"TUNEDECK_DATA": str(self.data), "PORT": str(self.port), "TRAINER_PORT": str(self.trainer_port)}
        return {**inherited, **own, **self.settings, "PYTHONUNBUFFERED": "1"}

    def start(self) -> str:
        """Start everything and return the address that it prints for the owner."""
        command = [sys.executable, "manage.py", "run"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return self.read_until(r"Open (http\S+)")

    def read_until(self, pattern: str) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError(f"it stopped before saying {pattern}: {''.join(self.said)}\n{self.logs()}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(30)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def end(self) -> None:
        """End everything at once, which takes no time: what is left behind is thrown away with the folder."""
        assert self.process is not None
        parts = [] if self.process.poll() is not None else children(self.process.pid)
        self.process.kill()
        self.process.wait()
        for part in parts:
            with suppress(ProcessLookupError):
                os.killpg(part, signal.SIGKILL)
        if self.process.stdout:
            self.process.stdout.close()

    def logs(self) -> str:
        return "\n".join(
            f"== {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in (self.data / "logs").glob("*.log")
        )

    def processes(self) -> dict[str, int]:
        """Return the process id of each part, by the words of its command line."""
        assert self.process is not None
        words = {
            "web": "config.asgi:",
            "trainer": "config.asgi_trainer:",
            "worker": "dashboard@",
            "training": "training@",
            "beat": " beat ",
        }
        found = {pid: command_line(pid) for pid in children(self.process.pid)}
        return {name: pid for name, word in words.items() for pid, line in found.items() if word in line}

    def kill(self, name: str) -> int:
        """End one part as a crash would and return the process id that it had."""
        pid = self.processes()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Let one part stand still for a while, so that nothing that it does is missed."""
        pid = self.processes()[name]
        os.killpg(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(pid, signal.SIGCONT)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the database from outside, whatever the processes are doing."""
        with sqlite3.connect(f"file:{self.data / DATABASE}?mode=ro", uri=True, timeout=30) as database:
            return database.execute(query, values).fetchall()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def wait_for(state: Callable[[], T], what: str, seconds: float = 180.0) -> T:
    """Return the state's first true value; fail with what was waited for."""
    deadline = time.monotonic() + seconds
    while not (value := state()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.05)
    return value


@contextmanager
def running_product(data: Path, **settings: str) -> Iterator[tuple[Product, str]]:
    """Run it on SQLite and files, as a fresh machine does; yield it and the link for its first owner."""
    product = Product(data, settings=PLAIN | settings)
    try:
        yield product, product.start()
    finally:
        product.end()


@contextmanager
def owned_product(data: Path, *, sample: bool = False, **settings: str) -> Iterator[Product]:
    """Run it with an owner, EMAIL, who has a PASSWORD."""
    copied(data)
    with running_product(data, **OWNED, TUNEDECK_SAMPLE=str(int(sample)), **settings) as (product, _link):
        yield product

"""Run a command beside a throw-away PostgreSQL and Redis: `python -m tests.servers COMMAND …`.

The servers listen on free ports of this machine only, keep nothing, and end with the command.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

START_SECONDS = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")


@contextmanager
def running(command: list[str], port: int, user: str | None = None) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user, cwd="/")
    try:
        wait_for_port(port)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the address of an empty database."""
    with cluster() as (server, port, user), running(server, port, user):
        wait_for_database(port)
        yield address_of(port)


def address_of(port: int) -> str:
    return f"postgres://tunedeck@127.0.0.1:{port}/postgres"


@contextmanager
def cluster() -> Iterator[tuple[list[str], int, str | None]]:
    """Yield the command that serves an empty database, its port, and whose it is: PostgreSQL refuses root."""
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="tunedeck-postgresql-"))
    try:
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        port, data = free_port(), str(folder / "data")
        initdb = [postgresql_program("initdb"), "--no-sync", "-A", "trust", "-U", "tunedeck", "-E", "UTF8", "-D", data]
        subprocess.run(initdb, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)
        fast = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"]
        server = [postgresql_program("postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", str(folder), *fast]
        yield server, port, user
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_database(port: int) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(f"postgresql://tunedeck@127.0.0.1:{port}/postgres").close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def postgresql_program(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or str(installed[-1])


@contextmanager
def redis() -> Iterator[str]:
    port = free_port()
    with running(redis_command(port), port):
        yield f"redis://127.0.0.1:{port}/0"


def redis_command(port: int) -> list[str]:
    return ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]


def main() -> int:
    with ExitStack() as stack:
        environment = {
            **os.environ,
            "DATABASE_URL": stack.enter_context(postgresql()),
            "CELERY_BROKER_URL": stack.enter_context(redis()),
        }
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

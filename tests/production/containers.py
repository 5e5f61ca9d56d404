"""Containers as plain processes: what the Dockerfile and compose.yaml run, without Docker.

Everything that the Dockerfile and compose.yaml run is run here, word for word, with PostgreSQL and Redis beside it: as a
user without rights, on a copy of what the image holds, that nobody may write to. Only addresses are others, because there
are no containers whose names could stand for them: ports, /data, /app and /run/secrets.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from tests import servers
from tests.production import compose
from tests.production.compose import Service

USER = 10001
EMAIL = "owner@example.com"
GRACE_SECONDS = 40.0


@dataclass
class Container:
    """One process, with what a container gives it: an environment, a folder for temporary files, a name."""

    name: str
    command: list[str]
    environment: dict[str, str]
    healthcheck: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def said(self) -> str:
        return f"== {self.name}\n{self.log.read_text(errors='replace')[-3000:]}"


@dataclass
class Production:
    folder: Path
    database_url: str
    broker_url: str
    python: Path
    """The interpreter in whose environment the image's packages are installed."""
    containers: dict[str, Container] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    # What is asked of tests.product.Product by those who look at it from outside.
    @property
    def address(self) -> str:
        return self.address_of("web-1")

    def address_of(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as database:
            return database.execute(query.replace("?", "%s").encode(), values or None).fetchall()

    def build(self, *, install: bool = False) -> None:
        """Do what the Dockerfile does in its first stage, and give the result to nobody to write to.

        Without `install` the packages of this very interpreter are used instead of the image's own.
        """
        compose.copy_image(self.folder / "app")
        for place in ("data", "secrets", "tmp", "venv/lib"):
            (self.folder / place).mkdir(parents=True, exist_ok=True)
        for name in compose.raw()["secrets"]:
            value = self.database_url if name == "database_url" else secrets.token_urlsafe(32)
            (self.folder / "secrets" / name).write_text(value)
        for command in compose.build_commands():
            if install or "pip install" not in command:
                environment = {**self._plain(), "SOURCE_DATE_EPOCH": "0", "PYTHONDONTWRITEBYTECODE": "1"}
                if install:  # as the image: what is installed first is what the next command finds
                    environment["PATH"] = f"{self.folder / 'venv/bin'}:{environment['PATH']}"
                subprocess.run(["sh", "-c", self._here_in(command)], cwd=self.folder / "app", env=environment, check=True)
            if install:
                self.python = self.folder / "venv/bin/python"
        self._close()

    def run(self, name: str, command: list[str], *, service: str = "set-up", ok: bool = True) -> str:
        """Run a command in a container of its own, to its end, and return what it said."""
        container = self._container(name, self.service(service), command)
        done = subprocess.run(
            self._unprivileged(container.command),
            cwd=self.folder / "app",
            env=container.environment,
            capture_output=True,
            text=True,
            check=False,
            **self._identity(),
        )
        assert (done.returncode == 0) is ok, f"{name} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return f"{done.stdout}{done.stderr}"

    def start(self, name: str) -> Container:
        """Start a service's container; `web-2` is the second one of the service `web`."""
        service = self.service(name.split("-")[0])
        container = self._container(name, service, service.command)
        with container.log.open("ab") as output:
            container.process = subprocess.Popen(
                self._unprivileged(container.command),
                cwd=self.folder / "app",
                env=container.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._identity(),
            )
        self.containers[name] = container
        return container

    def wait_until_healthy(self, seconds: float = 120.0) -> None:
        deadline = time.monotonic() + seconds
        for container in self.containers.values():
            while not self._is_healthy(container):
                assert container.process is not None
                assert container.process.poll() is None, f"it stopped:\n{container.said()}"
                assert time.monotonic() < deadline, f"not healthy after {seconds:.0f} s:\n{container.said()}"
                time.sleep(0.5)

    def stop(self, *names: str) -> dict[str, int]:
        """Stop containers as Docker does and return their exit codes; none may need to be killed."""
        stopping = [self.containers.pop(name) for name in names]
        for container in stopping:
            assert container.process is not None
            container.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        codes = {}
        for container in stopping:
            assert container.process is not None
            try:
                codes[container.name] = container.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise AssertionError(f"it did not stop within {GRACE_SECONDS:.0f} s:\n{container.said()}") from None
        return codes

    def end(self) -> None:
        for container in self.containers.values():
            if container.process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(container.process.pid, signal.SIGKILL)
                container.process.wait()

    def destroy(self) -> None:
        """Lose the database and the data folder."""
        with psycopg.connect(self.database_url, autocommit=True) as database:
            database.execute("DROP SCHEMA public CASCADE")
            database.execute("CREATE SCHEMA public")
        shutil.rmtree(self.folder / "data")
        (self.folder / "data").mkdir()
        self._own(self.folder / "data")

    def service(self, name: str) -> Service:
        return compose.services(
            {
                "TUNEDECK_ADDRESS": self.address,
                "TUNEDECK_ALLOWED_HOSTS": "127.0.0.1",
                "TUNEDECK_BEHIND_PROXY": "0",
                "TUNEDECK_OWNER_EMAIL": EMAIL,
                "TUNEDECK_SAMPLE": "0",
            }
        )[name]

    def said(self) -> str:
        return "\n".join(container.said() for container in self.containers.values())

    def _container(self, name: str, service: Service, command: list[str]) -> Container:
        temporary = self.folder / "tmp" / name
        temporary.mkdir(parents=True, exist_ok=True)
        self._own(temporary)
        environment = {**self._plain(), **compose.image_settings(), **service.environment}
        environment = {key: self._here(value) for key, value in environment.items()}
        # A container is a machine of its own, and Celery names its workers after the machine.
        here = [self._here(word, name).replace("%h", name) for word in command]
        environment |= {"TMPDIR": str(temporary), "HOME": str(temporary), "PATH": f"{self.python.parent}:/usr/bin:/bin"}
        check = [self._here(word, name) for word in service.healthcheck]
        return Container(name, here, environment, check, self.folder / f"{name}.log")

    def _here(self, word: str, name: str = "") -> str:
        """Return what stands for a container's path, port or name here."""
        for there, here in (
            ("/data", str(self.folder / "data")),
            ("/app", str(self.folder / "app")),
            ("/run/secrets", str(self.folder / "secrets")),
        ):
            if word == there or word.startswith(f"{there}/"):
                return here + word.removeprefix(there)
        if word in {"8000", "8001"}:
            return str(self.ports[name])
        if word == "redis://redis:6379/0":
            return self.broker_url
        return word.replace("http://trainer:8001", self.address_of("trainer")).replace("0.0.0.0", "127.0.0.1")

    def _is_healthy(self, container: Container) -> bool:
        asked = subprocess.run(
            self._unprivileged(container.healthcheck),
            cwd=self.folder / "app",
            env=container.environment,
            check=False,
            capture_output=True,
            **self._identity(),
        )
        return asked.returncode == 0

    def _here_in(self, command: str) -> str:
        return re.sub(r"(?<![\w/.])/(app|venv|tmp)\b", lambda found: str(self.folder / found[1]), command)

    def _plain(self) -> dict[str, str]:
        return {"PATH": f"{self.python.parent}:/usr/bin:/bin", "LANG": "C.UTF-8"}

    def _close(self) -> None:
        """Take everybody's right to write the code; the data belongs to the user without rights."""
        for path in [self.folder / "app", *(self.folder / "app").rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.folder.chmod(0o755)
        for name in ("data", "secrets", "tmp"):
            for path in [self.folder / name, *(self.folder / name).rglob("*")]:
                self._own(path)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, USER, USER)

    def _identity(self) -> dict[str, Any]:
        return unprivileged() if os.geteuid() == 0 and can_run(self.python) else {}

    def _unprivileged(self, command: list[str]) -> list[str]:
        """Where the interpreter lies in root's own folder, become the user without rights with the one to read it."""
        if os.geteuid() != 0 or can_run(self.python):
            return command
        become = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"]
        reading = [f"--{kind}=-all,+dac_read_search" for kind in ("bounding-set", "inh-caps")]
        return [*become, *reading, "--ambient-caps=+dac_read_search", *command]


def unprivileged() -> dict[str, Any]:
    return {"user": USER, "group": USER, "extra_groups": []}


@cache
def can_run(python: Path) -> bool:
    """Whether the user without rights gets as far as the interpreter."""
    try:
        return (
            subprocess.run([python, "-c", ""], cwd="/", check=False, capture_output=True, **unprivileged()).returncode == 0
        )
    except PermissionError:
        return False


@contextmanager
def production(*, install: bool = False) -> Iterator[Production]:
    """Start PostgreSQL and Redis, build, and yield what can be set up and started."""
    folder = Path(tempfile.mkdtemp(prefix="tunedeck-production-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        database = stack.enter_context(servers.postgresql())
        made = Production(folder, database, stack.enter_context(servers.redis()), Path(sys.executable))
        made.ports = {name: servers.free_port() for name in ("web-1", "web-2", "trainer")}
        made.build(install=install)
        stack.callback(made.end)
        yield made
